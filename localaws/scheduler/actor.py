"""Does what timers ask for in the running cloud: starts runs, invokes functions."""

from __future__ import annotations

from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from localaws.clients import Clients
from localaws.errors import LocalCloudError
from localaws.jobs import get_definition
from localaws.runs.record import run_id_of
from localaws.runs.recorded import RunRequest
from localaws.runs.runner import Runner
from localaws.runs.store import ConcurrentRunsExceeded, RunExistsError
from localaws.scheduler.memory import Memory
from localaws.scheduler.timers import Invoke, StartJob


def invoke(clients: Clients, action: Invoke, key: str, scheduled: datetime) -> tuple[str, str]:
    """Invoke the function, and do not wait for what it answers."""
    payload = action.payload
    for name, value in {
        "scheduled-time": scheduled.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "execution-id": run_id_of(key).removeprefix("jr_"),
        "attempt-number": "1",
    }.items():
        payload = payload.replace(f"<aws.scheduler.{name}>", value)
    try:
        clients["lambda"].invoke(
            FunctionName=action.function, InvocationType="Event", Payload=payload.encode()
        )
    except (BotoCoreError, ClientError) as error:
        return "failed", f"{action.function}: {error}"
    return "invoked", action.function.rpartition(":")[2]


class CloudActor:
    """Acts in the cloud of a runner; of one timeline, a timer's firing is one run."""

    def __init__(self, runner: Runner, memory: Memory) -> None:
        self._runner = runner
        self._memory = memory

    def busy(self, action: StartJob | Invoke) -> bool:
        """As `Actor`."""
        if isinstance(action, Invoke):
            return False
        going = [run for run in self._runner.store.records(action.job) if not run.ended]
        if not going:
            return False
        try:
            return (
                len(going) >= get_definition(self._runner.clients, action.job).max_concurrent_runs
            )
        except LocalCloudError:
            return False  # `act` says what is wrong with it

    def act(
        self, action: StartJob | Invoke, name: str, key: str, scheduled: datetime
    ) -> tuple[str, str]:
        """As `Actor`."""
        if isinstance(action, Invoke):
            return invoke(self._runner.clients, action, f"{name} {key}", scheduled)
        request = RunRequest(
            action.job,
            action.arguments,
            run_id=run_id_of(self._memory.timeline, name, key, action.job),
            trigger=name.removeprefix("trigger "),
            scheduled_for=scheduled.isoformat(),
            timeout_minutes=action.timeout_minutes,
        )
        return self._start(request)

    def _start(self, request: RunRequest) -> tuple[str, str]:
        known = request.run_id in self._memory.awaited
        self._memory.wait_for(request.run_id)
        what, detail = self._try_to_start(request)
        if what != "started" and not known:
            self._memory.see(request.run_id, {})
        return what, detail

    def _try_to_start(self, request: RunRequest) -> tuple[str, str]:
        try:
            started = self._runner.start(request)
        except ConcurrentRunsExceeded as error:
            return "refused", str(error)
        except RunExistsError as error:
            return "repeated", str(error)
        except (LocalCloudError, OSError) as error:
            return "failed", str(error)
        return "started", f"{request.job} {started.record.run_id}"
