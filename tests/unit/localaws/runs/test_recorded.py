"""A run's life in its record, and the event of its end."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localaws.jobs import JobDefinition, JobRun
from localaws.runs.events import publish, state_change
from localaws.runs.record import RunRecord, run_id_of
from localaws.runs.recorded import RecordedRun, RunRequest
from localaws.runs.store import ConcurrentRunsExceeded, RunStore
from localaws.waiting import wait_until

FAILS = "raise SystemExit('gluelocal: demo failed: ValueError: no such table (trace: /t)')"
WAITS = "import time; time.sleep(600)"


class FakeEvents:
    """The client of EventBridge, and all others: keeps the details of what is put."""

    def __init__(self, refusal: str | None = None) -> None:
        self.details: list[dict[str, Any]] = []
        self._refusal = refusal

    def __getitem__(self, _: str) -> FakeEvents:
        return self

    def put_events(self, **request: list[dict[str, Any]]) -> dict[str, Any]:
        self.details += [json.loads(entry["Detail"]) for entry in request["Entries"]]
        refused = [{"ErrorMessage": self._refusal}] if self._refusal else []
        return {"FailedEntryCount": len(refused), "Entries": refused}


class Case:
    """Starts runs of a job whose attempts are these programs."""

    def __init__(self, folder: Path, supervisors: Any) -> None:
        self.store = RunStore(folder / "runs")
        self.events = FakeEvents()
        self._supervisors = supervisors

    def start(
        self,
        *programs: str,
        request: RunRequest | None = None,
        on_end: Callable[[RunRecord], None] = lambda _: None,
        **job: Any,
    ) -> RecordedRun:
        definition = JobDefinition("demo", "s3://b/demo.py", {}, **job)
        return RecordedRun(
            self.store,
            self.events,  # type: ignore[arg-type]
            self._supervisors(*programs),
            definition,
            request or RunRequest("demo"),
            on_end=on_end,
        ).start()


@pytest.fixture
def case(tmp_path: Path, supervisors: Any) -> Case:
    return Case(tmp_path, supervisors)


def test_a_run_that_succeeds_is_told_of_as_information(case: Case) -> None:
    started = case.start("pass", request=RunRequest("demo", {"--a": "1"}, trigger="nightly"))
    assert started.run.wait(20) == "SUCCEEDED"
    (record,) = case.store.records()
    assert (record.state, record.error, record.attempt) == ("SUCCEEDED", None, 0)
    assert (record.arguments, record.trigger) == ({"--a": "1"}, "nightly")
    assert record.ended_at is not None
    assert Path(record.log).is_file()
    assert [(d["state"], d["severity"]) for d in case.events.details] == [("SUCCEEDED", "INFO")]


def test_a_failure_is_told_once_with_its_error_after_the_last_try(case: Case) -> None:
    started = case.start(FAILS, FAILS, max_retries=1)
    assert started.run.wait(20) == "FAILED"
    (record,) = case.store.records()
    assert (record.attempt, record.error) == (1, "ValueError: no such table")
    (detail,) = case.events.details
    assert detail == {
        "jobName": "demo",
        "severity": "ERROR",
        "state": "FAILED",
        "jobRunId": f"{record.run_id}_attempt_1",
        "message": "ValueError: no such table",
    }


def test_a_run_that_takes_too_long_ends_as_timeout(case: Case) -> None:
    assert case.start(WAITS, timeout_seconds=0.3).run.wait(20) == "TIMEOUT"
    (record,) = case.store.records()
    assert record.error == "ran longer than the 0.005 minutes that it may take"
    assert [detail["severity"] for detail in case.events.details] == ["WARN"]


def test_a_run_stops_when_the_history_is_asked_to(case: Case) -> None:
    started = case.start(WAITS)
    case.store.request_stop(started.record)
    assert started.run.wait(40) == "STOPPED"
    assert case.store.find(started.record.run_id).state == "STOPPED"


def test_a_stream_that_is_stopped_has_its_batch_s_time(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    stop = JobRun.stop

    def noted(run: JobRun, patience: float = 0.0) -> None:
        asked.append(patience)
        stop(run, patience)

    monkeypatch.setattr(JobRun, "stop", noted)
    started = case.start(WAITS, streaming=True)
    case.store.request_stop(started.record)
    assert started.run.wait(40) == "STOPPED"
    assert asked == [300.0]


def test_a_second_run_is_refused_before_anything_is_started(case: Case) -> None:
    first = case.start(WAITS)
    with pytest.raises(ConcurrentRunsExceeded):
        case.start("raise AssertionError")
    first.run.stop()
    assert len(case.store.records()) == 1


def test_a_run_that_cannot_be_started_has_failed_and_is_told_of(case: Case) -> None:
    with pytest.raises(StopIteration):
        case.start()  # no program for it
    (record,) = case.store.records()
    assert record.state == "FAILED"
    assert (record.error or "").startswith("not started: ")
    assert [detail["state"] for detail in case.events.details] == ["FAILED"]


def test_an_end_that_cannot_be_written_is_told_all_the_same(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk."""
    ended = list[RunRecord]()
    started = case.start(WAITS, on_end=ended.append)

    def no_space(_: RunRecord) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(case.store, "update", no_space)
    started.run.stop()
    assert [record.state for record in ended] == ["STOPPED"]
    assert [detail["state"] for detail in case.events.details] == ["STOPPED"]


def test_an_event_that_is_refused_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    record = RunRecord("jr_1", "demo", "m", state="FAILED", error="no x")
    publish(FakeEvents("Not authorized"), record)  # type: ignore[arg-type]
    assert "job demo: nobody is told that it FAILED: Not authorized" in caplog.text


def test_the_event_is_that_of_glue() -> None:
    entry = state_change(RunRecord("jr_1", "demo", "m", state="STOPPED"))
    assert (entry["Source"], entry["DetailType"]) == ("aws.glue", "Glue Job State Change")
    assert json.loads(entry["Detail"])["message"] == "Job run stopped"


def test_the_same_trigger_at_the_same_time_is_the_same_run() -> None:
    first = run_id_of("real", "trigger t", "2026-03-01T00:00:00+00:00 0", "demo")
    assert first == run_id_of("real", "trigger t", "2026-03-01T00:00:00+00:00 0", "demo")
    assert first != run_id_of("real", "trigger t", "2026-03-01T01:00:00+00:00 0", "demo")
    assert len(first) == len("jr_") + 64


def test_the_state_is_running_while_it_runs(case: Case) -> None:
    started = case.start(WAITS)
    wait_until(
        lambda: case.store.records()[0].state == "RUNNING", 20, lambda: "never seen as running"
    )
    started.run.stop()
