"""The history of runs: a folder a run, kept when the cloud ends, and shared by processes.

Whoever starts a run claims it first, under a lock that the kernel lets go when its process dies:
two processes never go beyond a job's MaxConcurrentRuns, and one id is one run.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from localaws.errors import LocalCloudError
from localaws.processes import kill_all
from localaws.runs.record import RunRecord, now_text
from localaws.state import write_json

KEPT_RUNS = 200
_RECORD = "run.json"
_STOP = "stop"
_RESTART = "restart"


class ConcurrentRunsExceeded(LocalCloudError):  # noqa: N818 - Glue's name
    """Raised when a job has as many runs already as it may have at once."""


class RunExistsError(LocalCloudError):
    """Raised when the run of this id was started before."""


class RunStore:
    """The runs below one folder.

    Args:
        kept: ended runs that are remembered of each job; those that ended first are forgotten.
    """

    def __init__(self, folder: Path, kept: int = KEPT_RUNS) -> None:
        self.folder = folder
        self._kept = kept

    def folder_of(self, run_id: str) -> Path:
        """Where the run's record and logs are."""
        return self.folder / run_id

    def records(self, job: str | None = None) -> list[RunRecord]:
        """The runs, of one job or of all, as they stand; the one started last is first.

        One whose watcher is gone has failed, whatever was written of it last.
        """
        found = [self._as_it_stands(record) for record in self._read()]
        return [record for record in found if job is None or record.job == job]

    def find(self, run: str) -> RunRecord:
        """The run of this id, or of the only id that begins so; of a job, its latest run.

        Raises:
            LocalCloudError: there is none, or more than one.
        """
        records = self.records()
        by_id = [r for r in records if r.run_id.removeprefix("jr_").startswith(_bare(run))]
        found = by_id or [r for r in records if r.job == run][:1]
        if len(found) != 1:
            count = "no run" if not found else f"{len(found)} runs"
            raise LocalCloudError(
                f"{run!r}: {count} of an id that begins so, and no job's name;"
                " `clickstream jobs history` lists the runs"
            )
        return found[0]

    def claim(self, record: RunRecord, max_concurrent: int) -> list[RunRecord]:
        """Put the run down as starting; returns runs that were found abandoned, now FAILED.

        Raises:
            ConcurrentRunsExceeded: the job has `max_concurrent` runs.
            RunExistsError: the run was claimed before.
        """
        with self._locked():
            abandoned = self._settle()
            if (self.folder_of(record.run_id) / _RECORD).exists():
                raise RunExistsError(f"run {record.run_id}: was started before, and is not again")
            running = [r for r in self._read() if r.job == record.job and not r.ended]
            if len(running) >= max_concurrent:
                raise ConcurrentRunsExceeded(
                    f"job {record.job}: ConcurrentRunsExceeded: {len(running)} of"
                    f" {max_concurrent} runs go on ({running[0].run_id}); wait, or stop one with"
                    " `clickstream jobs stop`"
                )
            self.folder_of(record.run_id).mkdir(parents=True, exist_ok=True)
            self.update(record)
            self._forget(record.job)
        return abandoned

    def settle(self) -> list[RunRecord]:
        """End what abandoned runs left behind; returns them, now FAILED."""
        with self._locked():
            return self._settle()

    def update(self, record: RunRecord) -> None:
        """Write the record of a run that was claimed."""
        write_json(self.folder_of(record.run_id) / _RECORD, asdict(record))

    def request_stop(self, record: RunRecord) -> None:
        """Ask the run's watcher to stop it.

        Raises:
            LocalCloudError: the run has ended.
        """
        if record.ended:
            raise LocalCloudError(f"run {record.run_id}: has ended already, as {record.state}")
        (self.folder_of(record.run_id) / _STOP).touch()

    def request_restart(self, record: RunRecord) -> None:
        """Ask the run's watcher to stop it, if it goes on, and to start the job again."""
        (self.folder_of(record.run_id) / _RESTART).touch()

    def take_restart(self, run_id: str) -> bool:
        """Whether somebody asked for the job to be started again; it is answered once."""
        try:
            (self.folder_of(run_id) / _RESTART).unlink()
        except FileNotFoundError:
            return False
        return True

    def stop_requested(self, run_id: str) -> bool:
        """Whether somebody asked for the run's end."""
        folder = self.folder_of(run_id)
        return (folder / _STOP).exists() or (folder / _RESTART).exists()

    def _read(self) -> list[RunRecord]:
        found = [_load(path) for path in self.folder.glob(f"*/{_RECORD}")]
        known = [record for record in found if record is not None]
        return sorted(known, key=lambda r: (r.started_at, r.run_id), reverse=True)

    def _settle(self) -> list[RunRecord]:
        abandoned = [record for record in self._read() if record.orphaned]
        for record in abandoned:
            # Its guard ends them too, but not before the next run of the job would start.
            kill_all(record.mark)
        failed = [self._as_it_stands(record) for record in abandoned]
        for record in failed:
            self.update(record)
        return failed

    def _as_it_stands(self, record: RunRecord) -> RunRecord:
        if record.orphaned:
            error = f"the process that watched it, {record.owner}, ended before it"
            return replace(record, state="FAILED", error=error, ended_at=now_text())
        stopping = not record.ended and self.stop_requested(record.run_id)
        return replace(record, state="STOPPING") if stopping else record

    def _forget(self, job: str) -> None:
        ended = [record for record in self._read() if record.job == job and record.ended]
        # A run of days that has just failed is the last to go, whenever it started.
        ended.sort(key=lambda record: record.ended_at or record.started_at, reverse=True)
        for record in ended[self._kept :]:
            shutil.rmtree(self.folder_of(record.run_id), ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _load(path: Path) -> RunRecord | None:
    """The record; None when the run was forgotten meanwhile, or written by another version."""
    try:
        return RunRecord.from_json(json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _bare(run: str) -> str:
    return run.removeprefix("jr_")
