"""The cloud's own job is kept over rollouts, also over one that does not work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localaws.errors import LocalCloudError
from localaws.jobs import JobDefinition
from localaws.rollout.keeping import keep_job
from localaws.runs.record import RunRecord
from localaws.runs.store import RunStore

JOB = {"Name": "click_sessions", "Command": {"ScriptLocation": "s3://b/s.py"}}


class Job:
    """A run that has ended so."""

    def __init__(self, run_id: str, state: str) -> None:
        self.run_id, self.state = run_id, state
        self.definition = JobDefinition.from_description(JOB)

    def wait_for_end(self) -> str:
        return self.state

    def cause(self) -> str | None:
        return "broken" if self.state == "FAILED" else None

    def check(self) -> None:
        if self.state == "FAILED":
            raise LocalCloudError("check: FAILED")


class Cloud:
    """A cloud whose rollouts start these jobs."""

    def __init__(self, *jobs: Job) -> None:
        self._jobs: Iterator[Job] = iter(jobs)
        self.rolled_out = False
        self.job: Any = next(self._jobs)

    def start_job(self) -> Any:
        self.job = next(self._jobs)
        return self.job


def test_without_a_rollout_the_end_of_the_job_is_the_clouds(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    with pytest.raises(LocalCloudError, match="check: FAILED"):
        keep_job(Cloud(Job("jr_1", "FAILED")), store, lambda _: None)
    with pytest.raises(LocalCloudError, match="ended as SUCCEEDED"):
        keep_job(Cloud(Job("jr_1", "SUCCEEDED")), store, lambda _: None)


def test_a_rollout_that_failed_keeps_the_cloud_until_one_works(tmp_path: Path) -> None:
    store, said = RunStore(tmp_path), list[str]()
    cloud = Cloud(Job("jr_1", "FAILED"), Job("jr_2", "STOPPED"))
    cloud.rolled_out = True
    kept = threading.Thread(target=_keep_to_the_end, args=(cloud, store, said))
    kept.start()
    for run_id in ("jr_1", "jr_2"):
        store.folder_of(run_id).mkdir()
        (store.folder_of(run_id) / "restart").touch()
    kept.join(20)
    assert not kept.is_alive()
    assert "click_sessions: FAILED: broken; the cloud stays up: deploy what works" in said[0]
    assert "click_sessions: STOPPED: stopped; the cloud stays up" in said[1]


def test_a_rollout_may_ask_of_the_run_that_failed_to_start(tmp_path: Path) -> None:
    """The latest in the history, which is the one that the command knows."""
    store, said = RunStore(tmp_path), list[str]()
    for number, run_id in enumerate(("jr_0", "jr_1", "jr_2")):
        started = f"2026-03-01T00:00:0{number}.000Z"
        record = RunRecord(run_id, "click_sessions", "m", state="FAILED", started_at=started)
        store.claim(record, 1)
    store.request_restart(store.find("jr_0"))  # of a cloud that is no more
    store.request_restart(store.find("jr_2"))
    cloud = Cloud(Job("jr_1", "STOPPED"))
    cloud.rolled_out = True
    kept = threading.Thread(target=_keep_to_the_end, args=(cloud, store, said), daemon=True)
    kept.start()
    kept.join(20)
    assert not kept.is_alive()
    assert store.take_restart("jr_0")


@pytest.mark.parametrize("error", [OSError("fork: no memory"), LocalCloudError("not deployed")])
def test_a_job_that_cannot_be_started_keeps_the_cloud(tmp_path: Path, error: Exception) -> None:
    store, said = RunStore(tmp_path), list[str]()
    cloud = Cloud(Job("jr_1", "FAILED"))
    cloud.rolled_out = True
    errors = iter([error])

    def start_job() -> Any:
        store.folder_of("jr_1").joinpath("restart").touch()
        raise next(errors)

    cloud.start_job = start_job  # type: ignore[method-assign]
    store.folder_of("jr_1").mkdir()
    store.folder_of("jr_1").joinpath("restart").touch()
    _keep_to_the_end(cloud, store, said)
    assert f"job click_sessions: not started again: {error}" in said


def _keep_to_the_end(cloud: Cloud, store: RunStore, said: list[str]) -> None:
    with pytest.raises(StopIteration):  # no third job
        keep_job(cloud, store, said.append)
