"""Which firings are fired: on time, missed, repeated, and with a clock that was set back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localaws.scheduler.due import CatchUp
from localaws.scheduler.engine import HORIZON
from localaws.scheduler.timers import Timetable
from tests.unit.localaws.scheduler.fakes import START, Bench, at, timer

# A timer of every ten minutes; half a day of it.
END = 720
DUE = [float(minute) for minute in range(0, END + 1, 10)]
MINUTES = st.integers(0, END * 60).map(lambda seconds: seconds / 60)


def test_a_firing_is_fired_when_its_time_has_come() -> None:
    bench = Bench()
    for minute in (0, 5, 9.99, 10, 10.5, 20):
        bench.tick(minute)
    assert bench.fired == [0, 10, 20]


def test_a_timer_that_is_seen_later_fires_from_then_on() -> None:
    bench = Bench()
    bench.table = Timetable()
    bench.tick(0)
    bench.table = Timetable((timer(),))
    bench.tick(35)
    bench.tick(40)
    assert bench.fired == [40]


def test_a_timer_that_is_first_seen_after_its_time_fires_if_it_came_since_the_last_look() -> None:
    bench = Bench("skip")
    bench.table = Timetable()
    bench.tick(0)
    bench.tick(9.9)
    bench.table = Timetable((timer(),))
    bench.tick(10.1)
    assert bench.fired == [10]


@pytest.mark.parametrize(
    ("catch_up", "fired"),
    [("skip", []), ("once", [40]), ("all", [10, 20, 30, 40])],
)
def test_what_was_missed_is_caught_up_with_as_the_policy_says(
    catch_up: CatchUp, fired: list[float]
) -> None:
    bench = Bench(catch_up)
    bench.tick(0.5)
    bench.actor.fired.clear()
    bench.restart(at(45))
    bench.tick(45)
    assert bench.fired == fired


def test_a_firing_on_time_stands_for_those_missed_before_it() -> None:
    bench = Bench("once")
    bench.tick(5)
    bench.tick(40.5)
    assert bench.fired == [0, 40]
    assert ("trigger t", "skipped") in bench.what()


def test_one_that_is_caught_up_with_waits_for_the_jobs_runs() -> None:
    bench = Bench("all")
    bench.tick(5)
    bench.actor.is_busy = True
    assert not bench.tick(35)
    assert bench.fired == [0]
    bench.actor.is_busy = False
    assert bench.tick(36)
    assert bench.fired == [0, 10, 20, 30]


def test_one_on_time_is_not_held_back_so_that_the_job_may_refuse_it() -> None:
    bench = Bench()
    bench.actor.is_busy = True
    assert bench.tick(0.5)
    assert bench.fired == [0]


def test_a_clock_that_is_set_back_fires_nothing_again_and_says_so_once() -> None:
    bench = Bench()
    for minute in (0, 30, 10, 10.5, 20, 30.5, 40):
        bench.tick(minute)
    assert bench.fired == [0, 30, 40]
    assert bench.what().count(("trigger t", "set back")) == 1


def test_what_was_missed_long_ago_is_left_and_told() -> None:
    bench = Bench("all")
    bench.tick(0)
    days = HORIZON.days + 1
    bench.tick(days * 1440)
    assert min(bench.fired[1:]) == 1440 + 10
    assert bench.what().count(("trigger t", "skipped")) == 1


@pytest.mark.parametrize(
    ("expression", "dates", "fired"),
    [
        ("cron(0 0 20 * ? *)", {}, [19 * 1440.0]),
        ("at(2026-03-01T00:05:00)", {}, [5.0]),
        ("cron(0/10 * * * ? *)", {"ends": at(15)}, [0.0, 10.0]),
        ("rate(1 hour)", {"begins": at(18 * 1440), "ends": at(18 * 1440)}, [18 * 1440.0]),
    ],
)
def test_a_timer_that_missed_nothing_is_not_told_of_however_long_it_waits(
    expression: str, dates: dict[str, Any], fired: list[float]
) -> None:
    bench = Bench("all", timer(expression, **dates))
    for minute in (0, 10, 10 * 1440, 17 * 1440):
        bench.tick(minute)
    before = bench.memory.to_json()
    bench.tick(17 * 1440 + 1)
    assert bench.memory.to_json() == before
    for minute in (18 * 1440, 19 * 1440, 28 * 1440, 28 * 1440 + 1):
        bench.tick(minute)
    assert bench.fired == fired
    assert {what for _, what in bench.what()} == {"started"}


def test_what_is_too_old_is_told_once_when_it_was_missed() -> None:
    bench = Bench("skip", timer("at(2026-03-01T00:05:00)"))
    bench.tick(0)
    for minute in (9 * 1440, 9 * 1440 + 1, 10 * 1440):
        bench.tick(minute)
    assert bench.what() == [("trigger t", "skipped")]


def test_a_trigger_that_is_not_active_misses_nothing() -> None:
    bench = Bench("all")
    bench.tick(0)
    active, bench.table = bench.table, Timetable(inactive=frozenset({"trigger t"}))
    bench.tick(35)
    bench.table = active
    bench.tick(36)
    bench.tick(40)
    assert bench.fired == [0, 40]


def test_a_timer_fires_within_its_dates_alone() -> None:
    bench = Bench("all", timer(begins=at(15), ends=at(30)))
    bench.tick(60)
    assert bench.fired == [20, 30]


def test_several_timers_fire_in_the_order_of_their_times() -> None:
    bench = Bench("all", timer(), timer("cron(5/10 * * * ? *)", "trigger u"))
    bench.tick(20)
    assert bench.fired == [0, 5, 10, 15, 20]
    assert bench.actor.names == [f"trigger {name}" for name in "tutut"]


def test_a_firing_that_was_not_put_down_is_asked_for_again_by_the_same_key() -> None:
    """As after a SIGKILL between the start of the run and the memory of it."""
    bench = Bench("all")
    before = bench.memory.to_json()
    bench.tick(0.5)
    bench.memory = type(bench.memory)("test", before)
    bench.restart(START)
    bench.tick(0.6)
    assert [one.what for one in bench.told] == ["started", "repeated"]


@given(st.lists(st.tuples(MINUTES, st.booleans()), max_size=12))
def test_under_all_each_firing_is_fired_once_whatever_the_clock_did(
    cuts: list[tuple[float, bool]],
) -> None:
    """Cuts of time in any order: the clock jumps, is set back, and the process begins anew."""
    bench = Bench("all")
    bench.tick(0)
    for minute, restarted in [*cuts, (END, False)]:
        if restarted:
            bench.restart(at(minute))
        bench.tick(minute)
    assert bench.fired == DUE


@given(st.lists(st.tuples(MINUTES, st.booleans()), max_size=12), st.sampled_from(["once", "skip"]))
def test_otherwise_none_is_fired_twice_nor_before_its_time(
    cuts: list[tuple[float, bool]], catch_up: CatchUp
) -> None:
    bench = Bench(catch_up)
    bench.tick(0)
    latest = 0.0
    for minute, restarted in cuts:
        if restarted:
            bench.restart(at(minute))
        bench.tick(minute)
        latest = max(latest, minute)
    assert bench.fired == sorted(set(bench.fired))
    assert set(bench.fired) <= {minute for minute in DUE if minute <= latest}


@given(st.lists(MINUTES, min_size=1, max_size=8))
def test_under_once_the_latest_firing_is_never_left_out(cuts: list[float]) -> None:
    bench = Bench("once")
    bench.tick(0)
    for minute in cuts:
        bench.tick(minute)
    assert bench.fired[-1] == max(minute for minute in DUE if minute <= max(cuts))
