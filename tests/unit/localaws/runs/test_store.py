"""The history: claims, limits, runs that nobody watches any more, and how much is kept."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localaws.errors import LocalCloudError
from localaws.processes import MARK
from localaws.runs.record import RunRecord
from localaws.runs.store import ConcurrentRunsExceeded, RunExistsError, RunStore
from localaws.state import start_of


def _record(number: int = 1, **changes: Any) -> RunRecord:
    started = f"2026-03-01T00:00:{number:02}.000Z"
    return replace(
        RunRecord(run_id=f"jr_{number:04x}", job="demo", mark=f"m{number}", started_at=started),
        **changes,
    )


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def _gone() -> tuple[int, str]:
    """Process id and start of a process that was, and is not any more."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    created = start_of(process.pid)
    process.communicate()
    return process.pid, created


def test_what_is_claimed_is_starting_and_read_back(store: RunStore) -> None:
    record = _record(arguments={"--day": "1"}, trigger="nightly")
    assert store.claim(record, 1) == []
    assert store.records() == [record]
    assert store.records("other") == []
    assert record.state == "STARTING"


def test_a_job_has_no_more_runs_at_once_than_it_may(store: RunStore) -> None:
    store.claim(_record(1), 2)
    store.claim(_record(2), 2)
    store.claim(_record(3, job="other"), 1)
    with pytest.raises(ConcurrentRunsExceeded, match=r"job demo: ConcurrentRunsExceeded: 2 of 2"):
        store.claim(_record(4), 2)
    store.update(_record(1, state="SUCCEEDED"))
    store.claim(_record(4), 2)
    assert [record.run_id for record in store.records("demo")] == ["jr_0004", "jr_0002", "jr_0001"]


def test_one_id_is_one_run_also_after_it_ended(store: RunStore) -> None:
    store.claim(_record(), 9)
    store.update(_record(state="FAILED"))
    with pytest.raises(RunExistsError, match="jr_0001: was started before"):
        store.claim(_record(), 9)


def test_a_run_whose_watcher_is_gone_has_failed_and_takes_no_place(store: RunStore) -> None:
    owner, created = _gone()
    store.claim(_record(owner=owner, owner_created=created), 1)
    (seen,) = store.records()
    assert (seen.state, seen.error) == (
        "FAILED",
        f"the process that watched it, {owner}, ended before it",
    )
    (settled,) = store.claim(_record(2), 1)
    assert (settled.run_id, settled.state) == ("jr_0001", "FAILED")
    assert store.claim(_record(3, job="other"), 1) == []


def test_a_run_that_goes_on_is_nobodys_to_end_when_the_clock_is_set(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.claim(_record(), 1)
    monkeypatch.setattr("psutil.Process.create_time", lambda _: 0.0)
    assert store.settle() == []
    assert store.records()[0].state == "STARTING"


def test_what_an_abandoned_run_left_is_ended_before_the_next_starts(store: RunStore) -> None:
    owner, created = _gone()
    store.claim(_record(owner=owner, owner_created=created), 1)
    left = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1, env={MARK: "m1"})
    store.claim(_record(2), 1)
    assert left.poll() is not None
    left.communicate()


def test_ended_runs_are_forgotten_the_oldest_first_and_those_that_go_on_never(
    tmp_path: Path,
) -> None:
    store = RunStore(tmp_path, kept=2)
    store.claim(_record(1), 9)
    for number in range(2, 6):
        store.claim(_record(number), 9)
        store.update(_record(number, state="SUCCEEDED"))
    store.claim(_record(6), 9)
    assert [record.run_id[-1] for record in store.records()] == ["6", "5", "4", "1"]


def test_a_long_run_that_has_just_failed_is_the_last_to_be_forgotten(tmp_path: Path) -> None:
    store = RunStore(tmp_path, kept=2)
    store.claim(_record(1), 9)
    for number in range(2, 5):
        store.claim(_record(number), 9)
        ended = f"2026-03-01T00:01:{number:02}.000Z"
        store.update(_record(number, state="SUCCEEDED", ended_at=ended))
    failed = _record(1, state="FAILED", ended_at="2026-03-01T00:01:30.000Z")
    store.update(failed)
    store.request_restart(failed)
    store.claim(_record(5), 9)
    assert [record.run_id[-1] for record in store.records()] == ["5", "4", "1"]
    assert store.take_restart("jr_0001")


def test_a_job_that_runs_often_puts_no_other_out(tmp_path: Path) -> None:
    store = RunStore(tmp_path, kept=1)
    store.claim(_record(1, job="nightly", state="SUCCEEDED"), 9)
    for number in range(2, 6):
        store.claim(_record(number, state="SUCCEEDED"), 9)
    assert [record.run_id[-1] for record in store.records()] == ["5", "1"]


def test_a_run_is_found_by_its_id_the_beginning_of_it_and_its_job(store: RunStore) -> None:
    store.claim(_record(1, run_id="jr_ab1"), 9)
    store.claim(_record(2, run_id="jr_ab2"), 9)
    assert store.find("jr_ab1").run_id == "jr_ab1"
    assert store.find("ab2").run_id == "jr_ab2"
    assert store.find("demo").run_id == "jr_ab2"
    with pytest.raises(LocalCloudError, match=r"'jr_ab': 2 runs of an id that begins so"):
        store.find("jr_ab")
    with pytest.raises(LocalCloudError, match=r"'jr_f': no run .*`clickstream jobs history`"):
        store.find("jr_f")


def test_a_stop_is_seen_by_all_and_refused_once_the_run_has_ended(store: RunStore) -> None:
    store.claim(_record(), 1)
    store.request_stop(_record())
    assert store.stop_requested("jr_0001")
    assert store.find("jr_0001").state == "STOPPING"
    ended = _record(state="SUCCEEDED")
    store.update(ended)
    with pytest.raises(LocalCloudError, match="has ended already, as SUCCEEDED"):
        store.request_stop(ended)


def _claim(folder: Path, number: int, gate: Any, answers: Any) -> None:
    gate.wait(30)
    try:
        RunStore(folder).claim(_record(number), 2)
        answers.put("claimed")
    except ConcurrentRunsExceeded:
        answers.put("refused")
    gate.wait(30)  # nobody ends, and so gives its place up, before all have asked


def test_processes_that_ask_at_once_do_not_go_beyond_the_limit(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    gate, answers = context.Barrier(6), context.Queue()
    asking = [
        context.Process(target=_claim, args=(tmp_path, number, gate, answers))
        for number in range(6)
    ]
    for process in asking:
        process.start()
    found = sorted(answers.get(timeout=60) for _ in asking)
    for process in asking:
        process.join(30)
    assert found == ["claimed"] * 2 + ["refused"] * 4
