"""Runs MiniStack without its pollers of streams: `python -m localaws.emulator_entry`.

They store an event source mapping's retries, bisection, partial failures and batching window but
do not obey them; `localaws.mappings` drives the mappings of streams instead. SQS stays with it.
"""

import os
import sys

_POLLERS = ("_poll_kinesis", "_poll_dynamodb_streams")


def main() -> None:
    """Switch the pollers off and serve."""
    from ministack import app
    from ministack.services import lambda_svc

    for name in _POLLERS:
        if not callable(getattr(lambda_svc, name, None)):
            sys.exit(f"emulator: this MiniStack has no {name}; install the version in setup.py")
        setattr(lambda_svc, name, bool)  # bool() is False: nothing was polled
    # Functions inherit the environment, and must live from their own package as on AWS.
    os.environ.pop("PYTHONPATH", None)
    sys.argv = ["ministack"]
    app.main()


if __name__ == "__main__":
    main()
