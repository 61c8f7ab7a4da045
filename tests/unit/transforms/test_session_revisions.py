"""Revisions follow from the stream: not from its batches, nor from the life of the state."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.transforms.session_reference import Event, Machine, sessions, too_late
from transforms.session_intake import Rules, Users
from transforms.session_segments import NO_TIME
from transforms.sessionize import Mode

LAB = Rules(gap=10_000, max_length=86_400_000, lateness=5_000)
FAR = 10**9
A_MS = 2 * 2_048  # by how much revisions of two milliseconds differ


def clicks(*arrivals: int, first: int = 1, at: int = 0, user: str = "ann") -> list[Event]:
    """Clicks of a user within a second from `at` on, arriving then, in this order."""
    return [
        Event(user, at + n, key=first + n, number=first + n, arrived_at=arrived)
        for n, arrived in enumerate(arrivals)
    ]


def revisions(machine: Machine) -> list[tuple[str, int]]:
    """Status and revision of Ann's rows, as they were given."""
    own = (row for row in machine.rows if row["user_id"] == "ann")
    return [(row["status"], row["revision"]) for row in own]


def closed(machine: Machine) -> int:
    """The revision of Ann's one session when the clock closes it."""
    machine.batch([], now=FAR)
    (revision,) = [number for status, number in revisions(machine) if status == "closed"]
    return revision


@pytest.mark.parametrize(
    ("arrivals", "revision"),
    [((7,), 7 * A_MS), ((7, 7, 7), 7 * A_MS + 4), ((7, 7, 9), 9 * A_MS), ((9, 7, 7), 9 * A_MS + 4)],
    ids=["one", "three in a ms", "the last ms counts", "an earlier arrival after it"],
)
def test_a_revision_is_made_of_the_ms_of_arrival_and_the_events_in_it(
    arrivals: tuple[int, ...], revision: int
) -> None:
    machine = Machine(LAB, "lab")
    for event in clicks(*arrivals):
        machine.batch([event])
    (row,) = machine.batch(clicks(arrivals[-1], first=99, at=20_000))
    assert row["revision"] == revision + 2


@pytest.mark.parametrize("arrivals", [(7,), (7, 7), (7, 7, 8), (5, 6, 7, 7, 7)])
def test_cut_into_batches_or_whole_events_come_to_the_same_revision(
    arrivals: tuple[int, ...],
) -> None:
    whole, cut = Machine(LAB), Machine(LAB)
    whole.batch(clicks(*arrivals))
    for event in clicks(*arrivals):
        cut.batch([event])
    assert closed(whole) == closed(cut)


def test_batches_without_events_of_the_user_leave_his_revision() -> None:
    machine = Machine(LAB)
    machine.batch(clicks(7))
    machine.batch(clicks(50, first=2, user="bob"))
    machine.batch([])
    assert revisions(machine) == [("open", 7 * A_MS)]
    assert closed(machine) == 7 * A_MS + 1


def test_what_is_set_aside_does_not_count() -> None:
    machine = Machine(LAB, "lab")
    machine.batch(clicks(7, at=60_000))
    late, again = clicks(8, first=2, at=1), clicks(9, at=60_000)
    assert machine.batch([*late, *again]) == []
    assert len(machine.aside) == 2
    machine.batch(clicks(7, first=4, at=90_000))
    assert revisions(machine) == [("open", 7 * A_MS), ("open", 7 * A_MS + 2)]


def test_a_user_who_was_forgotten_goes_on_by_arrival() -> None:
    forgetful, mindful = Machine(LAB), Machine(LAB)
    first, bob = clicks(5, 7), clicks(20, first=3, at=60_000, user="bob")
    back = clicks(30, 30, first=4, at=70_000)
    forgetful.batch(first)
    forgetful.batch(bob)
    assert {row["user_id"] for row in forgetful.state} == {"bob"}
    forgetful.batch(back)
    mindful.batch([*first, *bob, *back])
    for machine in (forgetful, mindful):
        assert revisions(machine)[-1] == ("open", 30 * A_MS + 2)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=30),
    st.integers(1, 8),
)
def test_the_counter_is_that_of_the_rule_event_by_event(
    drawn: list[tuple[int, int]], size: int
) -> None:
    arrivals = np.cumsum([step for _, step in drawn], dtype=np.int64)
    user = np.array([user for user, _ in drawn], dtype=np.int64)
    expected = [0, 0, 0]
    for who, arrived in zip(user.tolist(), arrivals.tolist(), strict=True):
        expected[who] = max(expected[who] + 1, arrived * 2_048)
    users = Users(np.full(3, NO_TIME), np.zeros(3, dtype=np.int64))
    for begin in range(0, len(drawn), size):
        part = slice(begin, begin + size)
        users = users.after(user[part], arrivals[part], arrivals[part])
    assert users.counter.tolist() == expected


def feed(machine: Machine, events: Sequence[Event], luck: random.Random) -> None:
    """The events in batches of any size."""
    left = list(events)
    while left:
        size = luck.randint(1, 8)
        machine.batch(left[:size])
        left = left[size:]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"),
            st.sampled_from((0, 1, 4, 9, 14, 60)),  # ms to the event before
            st.integers(0, 40),  # ms that its clock is behind
            st.sampled_from(["phone", "desktop", None]),
        ),
        max_size=40,
    ),
    st.booleans(),
    st.sampled_from(["lab", "lab_all", "live", "closed"]),
    st.randoms(use_true_random=False),
)
def test_a_stream_read_again_after_the_state_is_lost_leaves_the_sessions_of_the_sorted_input(
    drawn: list[tuple[str, int, int, str | None]],
    in_order: bool,
    mode: Mode,
    luck: random.Random,
) -> None:
    """Users are forgotten where events are in order: else batches would have a say in lateness."""
    rules = Rules(gap=10, max_length=FAR, lateness=20, history=0 if in_order else FAR)
    sent, at = [], 0
    for number, (user, step, behind, device) in enumerate(drawn, start=1):
        at += step
        when, key = at - (0 if in_order else behind), luck.randrange(100) * 1_000 + number
        sent.append(Event(user, when, key, number, device, "xyz"[number % 3], arrived_at=at))
    lost, again = Machine(rules, mode), Machine(rules, mode)
    feed(lost, sent[: luck.randint(0, len(sent))], luck)
    told = lost.standing().keys()
    feed(again, sent, luck)
    again.batch([], now=3 * FAR)
    for row in again.rows:
        lost.store(row)
    late = too_late(sent, rules)
    expected = sessions((event for event in sent if event.number not in late), rules)
    found = lost.sums()
    known = None if mode in ("live", "closed") else ("device", "entry")  # of a session that began
    for key, session in expected.items():
        names = known or session.keys()
        assert {name: found[key][name] for name in names} == {n: session[n] for n in names}
    # Only of a start that events after the loss took away nobody knows any more.
    assert found.keys() - expected.keys() <= told


def test_a_stream_read_again_changes_nothing_where_it_was_read_whole() -> None:
    """Not even a start is left that was told and withdrawn before the state was lost."""
    machine, again = Machine(LAB), Machine(LAB)
    events = clicks(1, at=5_000) + clicks(2, first=2, at=2_000)
    for event in events:
        machine.batch([event])
    machine.batch([], now=FAR)
    before = dict(machine.stored)
    again.batch(events)
    again.batch([], now=FAR)
    for row in again.rows:
        machine.store(row)
    assert machine.stored == before
    assert [status for status, _ in revisions(machine)] == ["open", "open", "withdrawn", "closed"]
