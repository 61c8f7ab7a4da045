"""A run whose life stands in the history: claimed, watched, stopped when asked, and told of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from localaws.clients import Clients
from localaws.jobs import JobDefinition, JobRun
from localaws.processes import Supervisor
from localaws.runs.events import publish
from localaws.runs.record import RunRecord, new_run_id, now_text
from localaws.runs.store import RunStore

_LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class RunRequest:
    """What is to be run.

    Attributes:
        engine: options of `gluelocal run`.
        trigger: what asks for it, and for which time, ISO 8601; None: a person does.
        timeout_minutes: instead of the job's own.
    """

    job: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    engine: Sequence[str] = ()
    run_id: str = field(default_factory=new_run_id)
    trigger: str | None = None
    scheduled_for: str | None = None
    timeout_minutes: float | None = None


class RecordedRun:
    """Starts a run and keeps its record.

    Attributes:
        run: the run itself.
        record: as it stands.
    """

    def __init__(
        self,
        store: RunStore,
        clients: Clients,
        supervisor: Supervisor,
        definition: JobDefinition,
        request: RunRequest,
        on_start: Callable[[], None] = lambda: None,
        on_end: Callable[[RunRecord], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._clients = clients
        self._told = on_start, on_end
        self._over = threading.Event()
        self._limit = definition.max_concurrent_runs
        self.record = RunRecord(
            run_id=request.run_id,
            job=definition.name,
            mark=supervisor.run_id,
            arguments=dict(request.arguments),
            version=definition.version,
            trigger=request.trigger,
            scheduled_for=request.scheduled_for,
        )
        self.run = JobRun(
            definition,
            supervisor,
            request.engine,
            on_start=self._note_start,
            on_end=self._note_end,
            run_id=request.run_id,
        )

    def start(self) -> RecordedRun:
        """Claim the run, start it, and do what the history is asked for until it ends.

        Raises:
            ConcurrentRunsExceeded: the job has as many runs as it may have.
            RunExistsError: a run of this id was started before.
        """
        for abandoned in self._store.claim(self.record, self._limit):
            publish(self._clients, abandoned)
        try:
            self.run.start()
        except BaseException as error:
            try:
                self._keep(state="FAILED", error=f"not started: {error}", ended_at=now_text())
            finally:
                publish(self._clients, self.record)
            raise
        name = f"stops-{self.record.job}"
        threading.Thread(target=self._stop_when_asked, name=name, daemon=True).start()
        return self

    def _note_start(self) -> None:
        child = self.run.child
        self._keep(state="RUNNING", attempt=self.run.attempt, log=str(child.log) if child else "")
        self._told[0]()

    def _note_end(self) -> None:
        self._over.set()
        # On a full disk the record cannot be kept: the end is told all the same.
        try:
            self._keep(state=self.run.state, error=self.run.cause(), ended_at=now_text())
        finally:
            try:
                publish(self._clients, self.record)
            finally:
                self._told[1](self.record)

    def _keep(self, **changes: object) -> None:
        self.record = replace(self.record, **changes)  # type: ignore[arg-type]
        self._store.update(self.record)

    def _stop_when_asked(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            if self._store.stop_requested(self.record.run_id):
                self.run.stop(self.run.definition.patience)
                return
