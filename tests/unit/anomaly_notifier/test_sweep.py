"""What waits is sent by the sweep: whatever SNS was down for, each message goes once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.anomaly_notifier import alert_store
from lambdas.anomaly_notifier.errors import StoreError
from tests.unit.anomaly_notifier.conftest import World
from tests.unit.anomaly_notifier.fakes import throttled
from tests.unit.anomaly_notifier.rows import anomaly, cleared
from tests.unit.price_updater.fakes import client_error

SITES = ("shop", "b")


class Killed(BaseException):
    """The invocation ends here, without a word."""


class Weather(list[Any]):
    """What a topic does at a publish: it fails while SNS is down, and at some calls the invocation
    ends."""

    def __init__(self, world: Any, downs: list[tuple[int, int]], kills: list[bool]) -> None:
        super().__init__([None])
        self._world = world
        self._downs = downs
        self._kills = kills

    def pop(self, *_: Any) -> BaseException | None:
        seconds = (self._world.now - START).total_seconds()
        if any(start <= seconds < start + length for start, length in self._downs):
            return throttled()
        return Killed() if self._kills and self._kills.pop() else None


START = World().now


def waits(world: Any) -> int:
    return sum(state == "pending" for _, state in world.states())


def test_a_message_that_sns_did_not_take_goes_with_the_next_sweep(world: Any) -> None:
    world.sns.faults.before["publish shop"] = [throttled(), throttled()]
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.sweep() == (1, 0, 1)
    assert world.sweep() == (1, 1, 0)
    assert world.sweep() == (0, 0, 0)
    assert (world.kinds(), world.states()) == (["opened"], [("opened", "sent")])


def test_what_a_crash_left_claimed_goes_when_the_lease_is_over(world: Any) -> None:
    world.sns.faults.before["publish shop"] = [Killed()]
    with pytest.raises(Killed):
        world.send(anomaly(0))
    world.wait(29)
    assert world.sweep() == (1, 0, 1)
    world.wait(1)
    assert world.sweep() == (1, 1, 0)


def test_one_that_sns_refuses_is_passed_over_and_a_failure_holds_up_its_site_alone(
    world: Any,
) -> None:
    rows = [each for site in SITES for each in (anomaly(0, site=site), cleared(0, 300, site=site))]
    down = [throttled()] * 2
    world.sns.faults.before |= {f"publish {site}": list(down) for site in SITES}
    world.send(*rows[:1], *rows[2:3])
    world.send(*rows[1:2], *rows[3:])
    assert waits(world) == 4
    world.sns.faults.before["publish shop"] = [client_error("InvalidParameter")]
    world.sns.faults.before["publish b"] = [throttled()]
    assert world.sweep() == (4, 1, 3)
    assert [(each["site"], each["kind"]) for each in world.sns.published] == [("shop", "resolved")]
    assert world.sweep() == (3, 3, 0)


def test_messages_that_are_held_back_are_left_alone(make: Any) -> None:
    world = make.world(QUIET_HOURS="09:00-10:00 UTC")
    world.send(anomaly(0))
    assert world.sweep() == (0, 0, 0)
    assert world.states() == [("opened", "held")]


def test_a_sweep_takes_so_many_the_oldest_first_from_page_to_page(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_store, "_OLDEST", 5)
    world.dynamodb.page_items = 2
    rows = [anomaly(start, site=f"s{start}") for start in range(90, -1, -10)]
    world.remaining_ms = 60_000
    for row in rows:
        world.sns.faults.before[f"publish {row['site']}"] = [throttled()]
    world.send(*rows)
    assert world.sweep() == (5, 5, 0)
    assert {each["site"] for each in world.sns.published} == {"s0", "s10", "s20", "s30", "s40"}
    assert world.sweep() == (5, 5, 0)


def test_a_sweep_stops_when_its_time_is_short(world: Any) -> None:
    world.sns.faults.before["publish shop"] = [throttled()]
    world.send(anomaly(0))
    world.remaining_ms = 28_000
    assert world.sweep() == (1, 0, 1)
    assert world.kinds() == []


def test_a_sweep_that_cannot_read_what_waits_fails(world: Any) -> None:
    world.dynamodb.faults.before["query by_state"] = [throttled()]
    with pytest.raises(StoreError, match="alerts"):
        world.sweep()


downs = st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 3000)), max_size=3)
steps = st.lists(
    st.tuples(st.sampled_from(SITES), st.integers(1, 3), st.booleans(), st.integers(1, 600)),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(downs, st.lists(st.booleans(), max_size=6), steps)
def test_whatever_sns_is_down_for_each_message_goes_once_and_in_order(
    downs: list[tuple[int, int]],
    kills: list[bool],
    steps: list[tuple[str, int, bool, int]],
) -> None:
    calm, world = World(), World()
    for site in SITES:
        world.sns.faults.before[f"publish {site}"] = Weather(world, downs, kills)
    start = 0
    for site, windows, is_cleared, pause in steps:
        rows = [anomaly(start + 10 * number, site=site) for number in range(windows)]
        last = start + 10 * (windows - 1)
        rows += [cleared(last, last + 60, site=site)] if is_cleared else []
        start = last + 60 + 10 * pause
        calm.send(*rows)
        until_answered(world, rows)
        swept(world)

    world.wait(10_000)
    for _ in range(2 * len(kills) + 2):
        swept(world)

    assert world.tables() == calm.tables()
    assert waits(world) == 0
    assert Counter(told(world)) == Counter(told(calm))
    for site in SITES:
        mine = [each for each in told(world) if each[0] == site]
        assert mine == [each for each in told(calm) if each[0] == site]


def until_answered(world: Any, rows: list[dict[str, Any]]) -> None:
    """Send the rows as often as the invocation ends without an answer; SNS fails none of them."""
    while True:
        try:
            assert world.send(*rows) == ["Ok"] * len(rows)
            return
        except Killed:
            world.wait(1)


def swept(world: Any) -> None:
    try:
        world.wait(60)
        world.sweep()
    except Killed:
        pass


def told(world: Any) -> list[tuple[str, str]]:
    return [(each["site"], each["message_id"]) for each in world.sns.published]
