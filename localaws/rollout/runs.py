"""The runs of streaming jobs, as AWS Glue or this machine knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from botocore.exceptions import ClientError

from localaws.clients import Clients
from localaws.errors import LocalCloudError
from localaws.jobs import JobDefinition
from localaws.runs.record import RunRecord
from localaws.runs.store import RunStore
from localaws.state import StateFolder
from localaws.waiting import wait_until

# Glue's words; what is in none of them has ended.
_GOES_ON = ("STARTING", "RUNNING", "STOPPING", "WAITING")
_BAD_ENDS = ("FAILED", "TIMEOUT", "ERROR", "EXPIRED")
_STOP_SECONDS = 900.0


@dataclass(frozen=True)
class Run:
    """A run of a job.

    Attributes:
        started_at: ISO 8601.
        version: of the definition that it was started with; None where nobody remembers.
        current: whether that is the definition that is deployed now.
    """

    run_id: str
    state: str
    started_at: str
    version: str | None
    current: bool
    error: str | None = None

    @property
    def goes_on(self) -> bool:
        """Whether it has not ended."""
        return self.state in _GOES_ON

    @property
    def failed(self) -> bool:
        """Whether it ended otherwise than it was asked to."""
        return self.state in _BAD_ENDS


class Runs(Protocol):
    """The runs of an environment."""

    def latest(self, job: Mapping[str, Any]) -> Run | None:
        """The run of a job (`Job` of get_job) that started last; None of one that never ran."""
        ...

    def restart(self, job: Mapping[str, Any]) -> None:
        """Let the run finish its batch and end, and start one of what is deployed.

        Raises:
            LocalCloudError: there is nobody who would start it.
        """
        ...


def definition_version(job: Mapping[str, Any]) -> str:
    """The version of a deployed definition (`Job` of get_job)."""
    return JobDefinition.from_description(job).version


class GlueRuns:
    """The runs of an account.

    Glue does not tell what a run was started with: one that started before the definition was
    changed last is taken for an old one.
    """

    def __init__(self, clients: Clients, pause: float = 5.0) -> None:
        self._glue = clients["glue"]
        self._pause = pause

    def latest(self, job: Mapping[str, Any]) -> Run | None:
        """The run of the job that started last."""
        found = self._glue.get_job_runs(JobName=job["Name"], MaxResults=20)["JobRuns"]
        if not found:
            return None
        last = max(found, key=lambda run: run["StartedOn"])
        return Run(
            run_id=last["Id"],
            state=last["JobRunState"],
            started_at=_text(last["StartedOn"]),
            version=None,
            current=last["StartedOn"] >= job["LastModifiedOn"],
            error=last.get("ErrorMessage") or None,
        )

    def restart(self, job: Mapping[str, Any]) -> None:
        """Stop the run and start another; whoever is killed between the two leaves the second to
        the job's trigger, which starts it within ten minutes.
        """
        name, before = job["Name"], self.latest(job)
        if before is not None and before.goes_on:
            self._glue.batch_stop_job_run(JobName=name, JobRunIds=[before.run_id])
            self._wait_for_end(job, before.run_id)
        try:
            self._glue.start_job_run(JobName=name)
        except ClientError as error:
            # The trigger was faster: its run is of the same definition.
            if error.response["Error"]["Code"] != "ConcurrentRunsExceededException":
                raise LocalCloudError(f"rollout: {name} was not started: {error}") from error

    def _wait_for_end(self, job: Mapping[str, Any], run_id: str) -> None:
        def ended() -> bool:
            run = self.latest(job)
            return run is None or run.run_id != run_id or not run.goes_on

        wait_until(
            ended,
            _STOP_SECONDS,
            lambda: f"rollout: run {run_id} has not stopped within {_STOP_SECONDS:g} s",
            interval=self._pause,
        )


class LocalRuns:
    """The runs of this machine: the process that watches a run starts the next one itself."""

    def __init__(self, state: StateFolder) -> None:
        self._state = state
        self._store = RunStore(state.runs)

    def latest(self, job: Mapping[str, Any]) -> Run | None:
        """The run of the job that started last."""
        record = self._latest(job["Name"])
        if record is None:
            return None
        return Run(
            run_id=record.run_id,
            state=record.state,
            started_at=record.started_at,
            version=record.version or None,
            current=record.version == definition_version(job),
            error=record.error,
        )

    def restart(self, job: Mapping[str, Any]) -> None:
        """Ask the cloud for it: it does both, whatever becomes of who asked."""
        running = self._state.expect_running()
        record = self._latest(job["Name"])
        if record is None:
            raise LocalCloudError(
                f"rollout: {job['Name']} never ran here: the cloud was started for {running.job};"
                f" `clickstream jobs run {job['Name']}` starts it"
            )
        # Whoever watches a run of `clickstream jobs` or of a trigger does not start another.
        if record.mark != running.run_id:
            raise LocalCloudError(
                f"rollout: run {record.run_id} of {job['Name']} is not the cloud's own:"
                f" `clickstream jobs stop {record.run_id}` if it goes on, then `clickstream jobs"
                f" run {job['Name']}`"
            )
        self._store.request_restart(record)

    def _latest(self, name: str) -> RunRecord | None:
        return next(iter(self._store.records(name)), None)


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
