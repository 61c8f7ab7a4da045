"""What follows the end of a run, also when the scheduler is killed around it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from localaws.runs.record import RunRecord
from localaws.runs.store import ConcurrentRunsExceeded
from localaws.scheduler.actor import CloudActor
from localaws.scheduler.keep import ends_to_deal_with
from localaws.scheduler.memory import Memory
from localaws.scheduler.timers import Condition, Follower, StartJob
from tests.unit.localaws.scheduler.fakes import START, Bench, at


def _ended(job: str, state: str, run_id: str = "jr_1", trigger: str | None = "t") -> RunRecord:
    return RunRecord(run_id, job, "mark", state=state, trigger=trigger)  # type: ignore[arg-type]


def _follower(logical: str, *conditions: tuple[str, str]) -> Follower:
    wanted = tuple(Condition(job, state) for job, state in conditions)
    return Follower("trigger f", wanted, logical, (StartJob("after"),))  # type: ignore[arg-type]


def test_a_conditional_trigger_fires_when_all_its_jobs_ended_so() -> None:
    bench = Bench()
    both = _follower("AND", ("a", "SUCCEEDED"), ("b", "SUCCEEDED"))
    states = [("a", "SUCCEEDED"), ("b", "FAILED"), ("b", "SUCCEEDED"), ("b", "SUCCEEDED")]
    for number, (job, state) in enumerate(states):
        bench.scheduler.ended(_ended(job, state, f"jr_{number}"), at(number), [both])
    assert bench.fired == [2]


def test_a_conditional_trigger_may_ask_for_any_of_its_jobs() -> None:
    bench = Bench()
    either = _follower("ANY", ("a", "FAILED"), ("b", "TIMEOUT"))
    for number, state in enumerate(["SUCCEEDED", "TIMEOUT"]):
        bench.scheduler.ended(_ended("b", state, f"jr_{number}"), at(number), [either])
    assert bench.fired == [1]


def test_a_run_that_a_person_started_starts_nothing() -> None:
    bench = Bench()
    bench.scheduler.ended(
        _ended("a", "SUCCEEDED", trigger=None), START, [_follower("AND", ("a", "SUCCEEDED"))]
    )
    assert bench.fired == []
    assert bench.what() == [("job a", "ended")]


class KilledError(Exception):
    """Ends the scheduler, as a SIGKILL does."""


def test_a_scheduler_that_is_killed_before_it_fired_fires_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    both = _follower("AND", ("a", "SUCCEEDED"), ("b", "SUCCEEDED"))
    bench.memory.wait_for("jr_b")
    bench.scheduler.ended(_ended("a", "SUCCEEDED", "jr_a"), START, [both])
    with monkeypatch.context() as killing:
        killing.setattr(bench.actor, "act", _killed)
        with pytest.raises(KilledError):
            bench.scheduler.ended(_ended("b", "SUCCEEDED", "jr_b"), START, [both])
    bench.restart(at(1))
    assert bench.memory.awaited == {"jr_b"}
    bench.scheduler.ended(_ended("b", "SUCCEEDED", "jr_b"), at(1), [both])
    assert bench.fired == [1]
    assert bench.memory.awaited == frozenset()
    assert bench.memory.seen("trigger f") == {}


def test_a_scheduler_that_is_killed_after_it_fired_asks_for_the_same_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    follower = _follower("ANY", ("a", "SUCCEEDED"))
    bench.memory.wait_for("jr_a")
    with monkeypatch.context() as killing:
        killing.setattr(bench.memory, "see", _killed)
        with pytest.raises(KilledError):
            bench.scheduler.ended(_ended("a", "SUCCEEDED", "jr_a"), START, [follower])
    bench.restart(at(1))
    bench.scheduler.ended(_ended("a", "SUCCEEDED", "jr_a"), at(1), [follower])
    assert [what for name, what in bench.what() if name == "trigger f"] == ["started", "repeated"]


def _killed(*_: Any) -> None:
    raise KilledError


def test_a_new_scheduler_begins_with_the_ends_that_the_last_one_did_not_come_to() -> None:
    memory = Memory("real")
    for run_id in ("jr_late", "jr_early", "jr_going", "jr_never"):
        memory.wait_for(run_id)
    late = replace(_ended("a", "SUCCEEDED", "jr_late"), ended_at="2026-03-01T00:00:02.000Z")
    early = replace(_ended("a", "FAILED", "jr_early"), ended_at="2026-03-01T00:00:01.000Z")
    going = _ended("b", "RUNNING", "jr_going")
    of_others = _ended("c", "SUCCEEDED", "jr_c")
    found = ends_to_deal_with(memory, [early], [of_others, going, late, early])
    assert found == [early, late]
    assert memory.awaited == {"jr_late", "jr_early", "jr_going"}


class FakeRunner:
    """Claims nothing: keeps what the memory awaits when a run is asked for."""

    def __init__(self, memory: Memory, error: Exception | None = None) -> None:
        self.awaited: list[frozenset[str]] = []
        self._memory, self._error = memory, error

    def start(self, request: Any) -> Any:
        self.awaited.append(self._memory.awaited)
        if self._error:
            raise self._error
        return type("Started", (), {"record": _ended(request.job, "STARTING", request.run_id)})


def test_a_run_is_awaited_before_it_is_started_and_not_when_it_was_refused() -> None:
    memory = Memory("real")
    runner = FakeRunner(memory)
    actor = CloudActor(runner, memory)  # type: ignore[arg-type]
    assert actor.act(StartJob("j"), "trigger t", "k 0", START)[0] == "started"
    assert runner.awaited == [memory.awaited]
    before = memory.awaited
    refusing = FakeRunner(memory, ConcurrentRunsExceeded("full"))
    actor = CloudActor(refusing, memory)  # type: ignore[arg-type]
    for key in ("k 0", "k 1"):
        assert actor.act(StartJob("j"), "trigger t", key, START) == ("refused", "full")
    assert memory.awaited == before
