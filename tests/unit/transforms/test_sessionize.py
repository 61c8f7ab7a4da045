"""Sessions by batches: what leaves when, what is corrected; sorted input gives the same."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.transforms.session_reference import Event, Machine, sessions, too_late
from transforms.session_intake import Rules
from transforms.sessionize import Mode

LAB = Rules(gap=10_000, max_length=86_400_000, lateness=5_000)
FAR = 10**9


def clicks(*times: int, user: str = "ann", first: int = 1) -> list[Event]:
    """Clicks of a user at these times, arriving in this order."""
    return [Event(user, at, key=first + n, number=first + n) for n, at in enumerate(times)]


def told(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    """What rows say, in short."""
    return sorted((row["start"], row["status"], row["revision"]) for row in rows)


@pytest.mark.parametrize(
    ("times", "starts"),
    [
        ((0,), [0]),
        ((0, 10_000), [0]),
        ((0, 10_001), [0, 10_001]),
        ((0, 10_000, 20_000, 30_001), [0, 30_001]),
        ((0, 0, 0), [0]),
    ],
    ids=["first", "exactly the gap", "a ms more", "a chain", "one instant"],
)
def test_a_session_starts_at_the_first_event_and_after_more_than_the_gap(
    times: tuple[int, ...], starts: list[int]
) -> None:
    rows = Machine(LAB, "lab").batch(clicks(*times))
    assert [(row["start"], row["status"]) for row in rows] == [(at, "open") for at in starts]


def test_the_boundary_row_leaves_in_the_batch_of_the_first_event() -> None:
    machine = Machine(LAB, "lab")
    assert told(machine.batch(clicks(0, 4_000))) == [(0, "open", 4)]
    assert machine.batch(clicks(9_000, first=3)) == []
    assert told(machine.batch(clicks(30_000, first=4))) == [(30_000, "open", 8)]


def test_an_earlier_event_moves_a_start_and_the_row_of_the_old_one_is_withdrawn() -> None:
    machine = Machine(LAB, "lab")
    machine.batch(clicks(5_000))
    rows = machine.batch(clicks(2_000, first=2))
    assert told(rows) == [(2_000, "open", 4), (5_000, "withdrawn", 4)]
    assert list(machine.standing()) == [("ann", 2_000)]


def test_a_late_event_joins_two_sessions() -> None:
    machine = Machine(Rules(gap=10_000, max_length=FAR, lateness=15_000), "lab")
    machine.batch(clicks(0, 15_000))
    assert told(machine.batch(clicks(8_000, first=3))) == [(15_000, "withdrawn", 6)]
    assert list(machine.standing()) == [("ann", 0)]


def test_a_late_event_may_start_a_session_between_two() -> None:
    machine = Machine(Rules(gap=10_000, max_length=FAR, lateness=60_000), "lab")
    machine.batch(clicks(0, 40_000))
    assert told(machine.batch(clicks(20_000, first=3))) == [(20_000, "open", 6)]


@pytest.mark.parametrize(("at", "is_late"), [(55_000, False), (54_999, True)])
def test_late_is_what_lies_more_than_the_lateness_behind_the_users_latest(
    at: int, is_late: bool
) -> None:
    machine = Machine(LAB)
    machine.batch(clicks(60_000))
    machine.batch(clicks(at, first=2))
    found = [(row["reason"], row["sequence_number"], row["earliest"]) for row in machine.aside]
    assert found == ([("late", "2", 55_000)] if is_late else [])


def test_lateness_is_judged_in_the_order_of_arrival_inside_a_batch() -> None:
    machine = Machine(LAB)
    machine.batch(clicks(0, 30_000, 20_000, 26_000))
    assert [row["sequence_number"] for row in machine.aside] == ["3"]


def test_the_order_of_arrival_is_that_of_the_numbers_not_of_the_texts() -> None:
    machine = Machine(LAB)
    machine.batch(clicks(20_000, 30_000, first=9))  # 9 and 10: as text 10 comes first
    assert machine.aside == []


def test_another_users_clock_makes_nobody_late() -> None:
    machine = Machine(LAB)
    machine.batch([*clicks(0), *clicks(FAR, user="bob", first=2)], now=0)
    machine.batch(clicks(4_000, first=3), now=0)
    assert machine.aside == []


def test_of_a_forgotten_user_the_clock_decides() -> None:
    machine = Machine(LAB)
    machine.batch(clicks(0))
    machine.batch(clicks(100_000, user="bob", first=2))
    machine.batch([*clicks(94_999, first=3), *clicks(95_000, first=4)])
    assert [(row["sequence_number"], row["earliest"]) for row in machine.aside] == [("3", 95_000)]


def test_history_keeps_a_user_for_longer_and_reopens_what_was_closed() -> None:
    machine = Machine(Rules(gap=10_000, max_length=FAR, lateness=5_000, history=3_600_000))
    machine.batch(clicks(0))
    assert told(machine.batch(clicks(100_000, user="bob", first=2)))[0] == (0, "closed", 3)
    (row,) = machine.batch(clicks(7_000, first=3), now=0)
    assert (row["status"], row["reopened"], row["revision"]) == ("closed", True, 5)
    machine = Machine(Rules(gap=10_000, max_length=FAR, lateness=5_000))
    machine.batch(clicks(0, 11_000))
    (row,) = [r for r in machine.batch(clicks(10_000, first=3)) if r["status"] == "open"]
    assert (row["start"], row["reopened"]) == (0, True)


def test_a_duplicate_counts_once_and_is_set_aside() -> None:
    machine = Machine(LAB)
    event = Event("ann", 0, key=7, number=1)
    again = [Event("ann", 0, key=7, number=n) for n in (2, 3)]
    machine.batch([again[0], event])
    machine.batch([again[1]])
    machine.batch([], now=FAR)
    assert [(row["reason"], row["sequence_number"]) for row in machine.aside] == [
        ("duplicate", "2"),
        ("duplicate", "3"),
    ]
    assert machine.sums()["ann", 0]["events"] == 1


def test_the_same_identity_of_two_users_is_no_duplicate() -> None:
    machine = Machine(LAB)
    machine.batch([Event("ann", 0, key=7, number=1), Event("bob", 0, key=7, number=2)])
    assert machine.aside == []


def test_a_closed_row_tells_what_happened() -> None:
    machine = Machine(LAB, "live")
    machine.batch(
        [
            Event("ann", 1_000, 1, 1, device="phone", name="home"),
            Event("ann", 3_000, 2, 2, device="desktop", name="cart"),
            Event("ann", 9_000, 3, 3, device=None, name=None, purchase=True),
        ]
    )
    (row,) = machine.batch([], now=19_001)
    expected = {
        "status": "closed",
        "start": 1_000,
        "end": 9_000,
        "events": 3,
        "device": "phone",
        "entry": "home",
        "exit": None,
        "device_changes": 1,
        "purchases": 1,
        "revision": 7,
    }
    assert {name: row[name] for name in expected} == expected
    assert machine.batch([], now=19_002) == []


def test_a_session_is_closed_when_more_than_the_gap_has_passed() -> None:
    machine = Machine(LAB, "live")
    machine.batch(clicks(0))
    assert machine.batch([], now=10_000) == []
    assert told(machine.batch([], now=10_001)) == [(0, "closed", 3)]


def test_closed_mode_tells_each_session_once_when_nothing_can_change_it() -> None:
    machine = Machine(LAB, "closed")
    assert machine.batch(clicks(0, 9_000)) == []
    assert machine.batch([], now=24_000) == []
    assert told(machine.batch([], now=24_001)) == [(0, "closed", 5)]
    assert machine.state == []


@pytest.mark.parametrize(
    ("times", "starts"),
    [((0, 10, 20), [0]), ((0, 10, 21), [0, 21]), ((0, 10, 20, 30, 40, 50), [0, 30])],
    ids=["exactly the longest", "a ms more", "again from the new start"],
)
def test_a_session_has_a_longest_length(times: tuple[int, ...], starts: list[int]) -> None:
    machine = Machine(Rules(gap=10_000, max_length=20, lateness=0), "lab")
    assert [row["start"] for row in machine.batch(clicks(*times))] == starts


def test_all_rows_mode_gives_a_row_an_event_and_moves_events_to_their_session() -> None:
    machine = Machine(LAB, "lab_all")
    rows = machine.batch(clicks(5_000, 6_000))
    assert [(r["start"], r["end"], r["status"]) for r in rows] == [
        (5_000, 6_000, "open"),
        (5_000, 6_000, "event"),
    ]
    rows = machine.batch(clicks(2_000, first=3))
    found = sorted((row["start"], row["end"], row["status"]) for row in rows)
    assert found == [
        (2_000, 5_000, "event"),
        (2_000, 6_000, "event"),
        (2_000, 6_000, "open"),
        (5_000, 6_000, "withdrawn"),
    ]


def test_the_state_of_a_long_session_is_one_settled_segment_and_the_last_events() -> None:
    machine = Machine(LAB)
    machine.batch(clicks(*range(0, 100_000, 1_000)))
    found = sorted((row["start"], row["end"], row["events"]) for row in machine.state)
    assert found == [(0, 93_000, 94), *((at, at, 1) for at in range(94_000, 100_000, 1_000))]


def test_a_user_who_cannot_matter_any_more_is_forgotten() -> None:
    machine = Machine(LAB)
    machine.batch(clicks(0))
    machine.batch([], now=15_000)
    assert len(machine.state) == 1
    machine.batch([], now=15_001)
    assert machine.state == []


def _key(number: int, luck: random.Random) -> int:
    """An identity of its own, in no order that the events have."""
    return luck.randrange(100) * 1_000 + number


events = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.integers(0, 14),  # ms to the event before
        st.integers(0, 40),  # ms that its clock is behind
        st.sampled_from(["phone", "desktop", None]),
        st.booleans(),
    ),
    max_size=40,
)


@given(
    events,
    st.sampled_from([0, 5, 30]),
    st.sampled_from([0, 60]),
    st.sampled_from([20, FAR]),
    st.sampled_from(["lab", "lab_all", "live", "closed"]),
    st.randoms(use_true_random=False),
)
def test_however_events_are_cut_into_batches_sessions_are_those_of_the_sorted_input(
    drawn: list[tuple[str, int, int, str | None, bool]],
    lateness: int,
    history: int,
    max_length: int,
    mode: Mode,
    luck: random.Random,
) -> None:
    rules = Rules(gap=10, max_length=max_length, lateness=lateness, history=history)
    sent, at = [], 0
    for number, (user, step, behind, device, bought) in enumerate(drawn, start=1):
        at += step
        when = at - (behind if behind <= lateness + 5 else 0)
        page = "xyz"[number % 3]
        sent.append(Event(user, when, _key(number, luck), number, device, page, bought))
    machine = Machine(rules, mode)
    left = list(sent)
    while left:
        size = luck.randint(1, 8)
        machine.batch(left[:size])
        left = left[size:]
    machine.batch([], now=FAR)
    set_aside = {int(row["sequence_number"]) for row in machine.aside}
    assert too_late(sent, rules) <= set_aside
    expected = sessions((e for e in sent if e.number not in set_aside), rules)
    if mode in ("live", "closed"):
        assert machine.sums() == expected
    else:
        assert machine.standing().keys() == expected.keys()
    assert machine.state == []


@given(events, st.randoms(use_true_random=False))
def test_users_who_stay_in_touch_lose_only_what_is_late_by_their_own_clock(
    drawn: list[tuple[str, int, int, str | None, bool]], luck: random.Random
) -> None:
    rules = Rules(gap=10, max_length=FAR, lateness=5, history=FAR)
    sent, at = [], 0
    for number, (user, step, behind, *_) in enumerate(drawn, start=1):
        at += step
        sent.append(Event(user, at - behind, _key(number, luck), number))
    machine = Machine(rules, "live")
    for event in sent:
        machine.batch([event])
    assert {int(row["sequence_number"]) for row in machine.aside} == too_late(sent, rules)
