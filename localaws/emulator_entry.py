"""Runs MiniStack as this project needs it: `python -m localaws.emulator_entry`.

Without its pollers of streams: they store an event source mapping's retries, bisection, partial
failures and batching window but do not obey them; `localaws.mappings` drives the mappings of
streams instead. SQS stays with it. Without its ticker of EventBridge Scheduler, which knows neither
time zones nor another clock than the machine's; `localaws.scheduler` fires the schedules. And with
events of Glue from outside: jobs run in processes of their own here, so their runner tells of them.
"""

import functools
import os
import sys
from types import ModuleType

_POLLERS = ("_poll_kinesis", "_poll_dynamodb_streams")


def main() -> None:
    """Switch off what is driven elsewhere, let Glue's events in, and serve."""
    from ministack import app
    from ministack.services import eventbridge, lambda_svc, scheduler

    for name in _POLLERS:
        _expect(lambda_svc, name)
        setattr(lambda_svc, name, bool)  # bool() is False: nothing was polled
    _expect(scheduler, "_tick_schedules")
    scheduler._tick_schedules = bool  # noqa: SLF001 - there is no setting for it
    put_events = _expect(eventbridge, "_put_events")
    eventbridge._put_events = functools.partial(  # noqa: SLF001 - likewise
        put_events, allow_aws_source=True
    )
    # Functions inherit the environment, and must live from their own package as on AWS.
    os.environ.pop("PYTHONPATH", None)
    sys.argv = ["ministack"]
    app.main()


def _expect(module: ModuleType, name: str) -> object:
    found = getattr(module, name, None)
    if not callable(found):
        sys.exit(f"emulator: this MiniStack has no {name}; install the version in setup.py")
    return found


if __name__ == "__main__":
    main()
