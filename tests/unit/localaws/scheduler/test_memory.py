"""What a scheduler remembers from one process to the next, and the clocks it goes by."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from localaws.errors import LocalCloudError
from localaws.scheduler.clock import FastClock
from localaws.scheduler.engine import Scheduler
from localaws.scheduler.lock import lock, try_lock
from localaws.scheduler.memory import DriverMemory, KeptMemory
from tests.unit.localaws.scheduler.fakes import START, Bench, at


def test_the_next_process_goes_on_where_the_last_one_was(tmp_path: Path) -> None:
    first = KeptMemory.open(tmp_path / "m.json", "real")
    first.settle("trigger t", at(10))
    first.wait_for("jr_1")
    first.wait_for("jr_2")
    first.see("jr_1", {"trigger f": {"a": "SUCCEEDED"}})
    second = KeptMemory.open(tmp_path / "m.json", "real")
    assert second.fired_to("trigger t") == at(10)
    assert second.seen("trigger f") == {"a": "SUCCEEDED"}
    assert second.awaited == {"jr_2"}
    assert second.timeline == first.timeline


def _driven(path: Path, start: float, *minutes: float) -> Bench:
    """The driver of a cloud that was up from a minute on, and looked at these."""
    bench = Bench("skip")
    memory = DriverMemory(path, at(start))
    bench.scheduler = Scheduler(memory, bench.actor, at(start), bench.told.append, "skip")
    for minute in minutes:
        bench.tick(minute)
    return bench


def _scheduled(path: Path, start: float, *minutes: float) -> Bench:
    bench = Bench("all")
    memory = KeptMemory.open(path, "real")
    bench.scheduler = Scheduler(memory, bench.actor, at(start), bench.told.append, "all")
    for minute in minutes:
        bench.tick(minute)
    return bench


def test_what_a_clouds_driver_has_fired_is_not_caught_up_with(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    assert _driven(path, 5, 5, 10, 20.1).fired == [10, 20]
    assert _scheduled(path, 35, 35).fired == [30]


def test_a_driver_does_not_fire_what_a_scheduler_has_fired_between_two_looks(
    tmp_path: Path,
) -> None:
    path = tmp_path / "m.json"
    driven = _driven(path, 5, 5, 9.9)
    assert _scheduled(path, 9.95, 10).fired == [10]
    for minute in (10.1, 20):
        driven.tick(minute)
    assert driven.fired == [20]


def test_a_driver_leaves_what_was_missed_before_it_to_the_scheduler(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    assert _scheduled(path, 0, 0).fired == [0]
    driven = _driven(path, 35, 35, 36)
    assert (driven.fired, driven.told) == ([], [])
    assert _scheduled(path, 37, 37).fired == [10, 20, 30]


def test_what_must_not_fire_is_forgotten(tmp_path: Path) -> None:
    memory = KeptMemory.open(tmp_path / "m.json", "real")
    memory.settle("trigger t", at(10))
    memory.forget("trigger t")
    assert KeptMemory.open(tmp_path / "m.json", "real").fired_to("trigger t") is None


@pytest.mark.parametrize(("timeline", "anew"), [("fast other", False), ("fast cloud", True)])
def test_another_timeline_begins_anew_with_runs_of_its_own(
    tmp_path: Path, timeline: str, anew: bool
) -> None:
    first = KeptMemory.open(tmp_path / "m.json", "fast cloud")
    first.settle("trigger t", at(10))
    second = KeptMemory.open(tmp_path / "m.json", timeline, anew=anew)
    assert second.fired_to("trigger t") is None
    assert second.timeline != first.timeline


def test_a_file_that_is_no_memory_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text("{")
    with pytest.raises(LocalCloudError, match=r"m\.json: is no memory .*remove it"):
        KeptMemory.open(tmp_path / "m.json", "real")


def test_a_fast_clock_goes_as_many_times_as_fast_and_stands_still_when_held() -> None:
    seconds = iter([100.0, 101.0, 102.0, 103.0, 104.0])
    clock = FastClock(60, START, lambda: next(seconds))
    assert clock.now() == START + timedelta(minutes=1)
    with clock.held():
        assert clock.now() == START + timedelta(minutes=2)
    # Held from second 102 to 103; now it is 104.
    assert clock.now() == START + timedelta(minutes=3)


def test_one_process_fires_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localaws.scheduler.lock._PATIENCE_SECONDS", 0.1)
    with lock(tmp_path / "lock"):
        with try_lock(tmp_path / "lock") as ours:
            assert not ours
        with pytest.raises(LocalCloudError, match="another scheduler"), lock(tmp_path / "lock"):
            pass
    with try_lock(tmp_path / "lock") as ours:
        assert ours
