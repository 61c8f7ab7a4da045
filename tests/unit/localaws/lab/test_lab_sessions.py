"""The lab's events come from the seed alone; its sessions are counted by hand for a small case."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localaws.lab.sessions import (
    LabOptions,
    free_users,
    make_events,
    session_starts,
    start_for,
)

USERS = ["user1", "user2", "user3"]
START = 1_767_225_600_000


def _event(user: str, second: float) -> dict[str, Any]:
    return {"user_id": user, "event_timestamp": round(second * 1_000)}


def test_the_same_seed_gives_the_same_events_and_another_one_others() -> None:
    events = make_events(LabOptions(events=50), USERS, START)
    assert events == make_events(LabOptions(events=50), USERS, START)
    assert events != make_events(LabOptions(events=50, seed=8), USERS, START)


def test_another_start_moves_the_times_and_nothing_else() -> None:
    moved = make_events(LabOptions(events=50), USERS, START + 5)
    back = [{**event, "event_timestamp": event["event_timestamp"] - 5} for event in moved]
    assert back == make_events(LabOptions(events=50), USERS, START)


def test_an_event_has_the_five_fields_of_the_lab() -> None:
    events = make_events(LabOptions(events=300), USERS, START)
    fields = {"user_id", "event_timestamp", "event_name", "event_type", "device_type"}
    assert all(set(event) == fields for event in events)
    assert {event["event_type"] for event in events} == {"click"}
    assert {event["user_id"] for event in events} == set(USERS)


def test_a_user_mostly_stays_on_one_device() -> None:
    events = make_events(LabOptions(events=1_000, users=1), ["user1"], START)
    devices = [event["device_type"] for event in events]
    most = max(devices.count(device) for device in set(devices))
    assert 950 < most < 1_000


def test_all_pause_after_every_so_many_events() -> None:
    options = LabOptions(events=7, interval=2, pause=15, every=3)
    times = [event["event_timestamp"] - START for event in make_events(options, USERS, START)]
    assert times == [0, 2_000, 4_000, 21_000, 23_000, 25_000, 42_000]
    assert options.length_ms == 42_000


@pytest.mark.parametrize(
    ("speed", "before_now"), [(1, 0), (60, 5_900), (0.5, 0)], ids=["lab's pace", "fast", "slow"]
)
def test_the_last_event_is_of_the_time_of_its_sending(speed: float, before_now: int) -> None:
    options = LabOptions(events=4, interval=2, pause=0)
    assert start_for(options, START, speed) == START - before_now


def test_a_session_ends_at_a_pause_longer_than_the_gap() -> None:
    events = [
        _event("a", 0),
        _event("b", 1),
        _event("a", 10),
        _event("a", 20.001),
        _event("b", 11.001),
        _event("a", 30.001),
    ]
    starts = [("a", 0), ("b", 1_000), ("b", 11_001), ("a", 20_001)]
    assert session_starts(events, 10_000, 60_000) == starts


def test_a_session_that_would_be_too_long_ends_before() -> None:
    events = [_event("a", second) for second in (0, 4, 8, 8.001, 16, 17)]
    assert session_starts(events, 10_000, 8_000) == [("a", 0), ("a", 8_001), ("a", 17_000)]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60)), max_size=30))
def test_the_order_of_the_events_does_not_matter(found: list[tuple[str, int]]) -> None:
    events = [_event(user, second) for user, second in found]
    assert sorted(session_starts(events, 5_000, 9_000)) == sorted(
        session_starts(events[::-1], 5_000, 9_000)
    )


def test_users_that_have_sessions_already_are_not_taken() -> None:
    assert free_users(2, []) == ["user1", "user2"]
    assert free_users(2, ["user1", "user3", "x", "user1"]) == ["user2", "user4"]
