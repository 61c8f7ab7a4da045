"""Runs the deployed jobs of the cloud that runs from a state folder."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import replace

from localaws.clients import Clients
from localaws.environment import aws_environment
from localaws.errors import LocalCloudError
from localaws.jobs import get_definition
from localaws.processes import Supervisor, undisturbed
from localaws.runs.record import RunRecord
from localaws.runs.recorded import RecordedRun, RunRequest
from localaws.runs.store import RunStore
from localaws.state import StateFolder

_LOOK_SECONDS = 0.05


class Runner:
    """Starts runs that end with this process; each has processes and a folder of its own.

    A context manager: at its end the runs that go on are stopped.

    Attributes:
        store: the history of runs.
        active: the runs that were started and go on.
    """

    def __init__(
        self, state: StateFolder, on_end: Callable[[RunRecord], None] = lambda _: None
    ) -> None:
        running = state.expect_running()
        self._state = state
        self._cloud = running.run_id
        self._pause = threading.Event()
        self.clients = Clients(running.endpoint)
        self.store = RunStore(state.runs)
        self.active: dict[str, RecordedRun] = {}
        self._environment = aws_environment(
            running.endpoint, running.model_endpoint or running.endpoint
        )
        self._on_end = on_end

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        with undisturbed():
            for run in list(self.active.values()):
                run.run.stop()

    def start(self, request: RunRequest) -> RecordedRun:
        """Start a run of a deployed job.

        Raises:
            ConcurrentRunsExceeded: the job has as many runs as it may have.
            RunExistsError: a run of this id was started before.
            LocalCloudError: the job is not deployed.
        """
        definition = get_definition(self.clients, request.job, request.arguments)
        if request.timeout_minutes:
            definition = replace(definition, timeout_seconds=request.timeout_minutes * 60)
        logs = self.store.folder_of(request.run_id)
        supervisor = Supervisor(uuid.uuid4().hex, logs, self._environment)

        def ended(record: RunRecord) -> None:
            supervisor.close()
            self._on_end(record)
            self.active.pop(record.run_id, None)

        started = RecordedRun(
            self.store, self.clients, supervisor, definition, request, on_end=ended
        )
        self.active[request.run_id] = started
        try:
            return started.start()
        except BaseException:
            self.active.pop(request.run_id, None)
            supervisor.close()
            raise

    def wait(self) -> None:
        """Wait until none of the runs goes on.

        Raises:
            LocalCloudError: the cloud ended.
        """
        while self.active:
            self._pause.wait(_LOOK_SECONDS)
            self.check_cloud()

    def check_cloud(self) -> None:
        """Nothing while the cloud runs.

        Raises:
            LocalCloudError: it ended.
        """
        now = self._state.running()
        if now is None or now.run_id != self._cloud:
            raise LocalCloudError("the cloud ended, and the runs that were going on in it")
