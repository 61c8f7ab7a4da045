"""The lab's SQL and the job: the same rows of events in order, and where they part."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.transforms import lab_sql
from tests.unit.transforms.lab_sql import DAY_MS, GAP_MS, LabRow, hms
from tests.unit.transforms.session_reference import Event, Machine
from transforms.session_intake import Rules
from transforms.sessionize import Mode

LAB = Rules(gap=GAP_MS, max_length=DAY_MS, lateness=5_000)
START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
WEEK = 7 * DAY_MS
DEVICES = ("phone", "desktop", "tablet")
# Around the gap, well inside it, and beyond what LAST_VALUE looked back on.
PAUSES = st.sampled_from([0, 1, 999, 1_000, 4_321, 9_999, 10_000, 10_001, 31_000, DAY_MS + 1])


def job_row(row: dict[str, Any]) -> LabRow:
    """The lab's columns of a row, as `transforms.sessions` has them."""
    start, speaks_of = hms(row["start"]), row["end"] if row["status"] == "event" else row["start"]
    return LabRow(
        row["user_id"],
        f"{row['user_id']}_{row['device'] or 'unknown'}_{start}",
        None if row["status"] == "event" else start,
        hms(speaks_of),
    )


def job_rows(
    events: Sequence[Event], mode: Mode, cuts: Sequence[int] = (), rules: Rules = LAB
) -> dict[int, LabRow]:
    """The rows of the job, by the key of the event; each event gives one at most."""
    machine = Machine(rules, mode)
    for first, last in pairwise([0, *sorted(cuts), len(events)]):
        machine.batch(events[first:last])
    assert machine.aside == []
    assert len({row["key"] for row in machine.rows}) == len(machine.rows)
    return {row["key"]: job_row(row) for row in machine.rows}


def sql_rows(events: Sequence[Event]) -> dict[int, LabRow]:
    """The rows of the SQL, by the key of the event."""
    return dict(zip((event.key for event in events), lab_sql.rows(events), strict=True))


@st.composite
def traffic(draw: st.DrawFn, *, one_device: bool, one_clock: bool) -> list[Event]:
    """Events of some users, each user's in the order of their times.

    With `one_clock` all of them are; without, each user's clock is off by as much as a week.
    """
    users = draw(st.lists(st.sampled_from("abcd"), max_size=40))
    at = START
    offset = {u: 0 if one_clock else draw(st.integers(-WEEK, WEEK)) for u in "abcd"}
    own = {u: draw(st.sampled_from(DEVICES)) for u in "abcd"}
    found = []
    for number, user in enumerate(users, start=1):
        at += draw(PAUSES)
        device = own[user] if one_device else draw(st.sampled_from(DEVICES))
        found.append(Event(user, at + offset[user], number, number, device=device))
    return found


CUTS = st.lists(st.integers(0, 40), max_size=6)


def cut(events: list[Event], cuts: list[int]) -> list[int]:
    return [min(place, len(events)) for place in cuts]


@given(traffic(one_device=False, one_clock=True), CUTS)
def test_the_boundaries_are_those_of_the_sql_however_the_stream_is_cut(
    events: list[Event], cuts: list[int]
) -> None:
    wanted = {key: row for key, row in sql_rows(events).items() if row.session_time is not None}
    assert job_rows(events, "lab", cut(events, cuts)) == wanted


@given(traffic(one_device=True, one_clock=True), CUTS)
def test_the_rows_of_all_events_are_those_of_the_sql(events: list[Event], cuts: list[int]) -> None:
    assert job_rows(events, "lab_all", cut(events, cuts)) == sql_rows(events)


@pytest.mark.parametrize("mode", ["lab", "lab_all"])
@given(events=traffic(one_device=True, one_clock=False), cuts=CUTS)
def test_clocks_that_disagree_change_nothing_while_nobody_is_forgotten(
    mode: Mode, events: list[Event], cuts: list[int]
) -> None:
    """Which is what `history` is for: two weeks of clocks, and 40 pauses of a day."""
    rules = Rules(LAB.gap, LAB.max_length, LAB.lateness, history=50 * DAY_MS)
    wanted = sql_rows(events)
    if mode == "lab":
        wanted = {key: row for key, row in wanted.items() if row.session_time is not None}
    assert job_rows(events, mode, cut(events, cuts), rules) == wanted


@given(traffic(one_device=False, one_clock=True))
def test_rows_of_all_events_differ_in_the_device_alone(events: list[Event]) -> None:
    ours, theirs = job_rows(events, "lab_all"), sql_rows(events)
    for event in events:
        start = (theirs[event.key].session_id or "")[-len("_HH:mm:ss") :]
        assert ours[event.key].session_id in {f"{event.user}_{d}{start}" for d in DEVICES}
        assert ours[event.key]._replace(session_id=None) == theirs[event.key]._replace(
            session_id=None
        )


def ann(second: float, number: int, device: str | None = "phone", key: int | None = None) -> Event:
    at = START + round(second * 1_000)
    return Event("ann", at, key=number if key is None else key, number=number, device=device)


def standing(events: Sequence[Event], rules: Rules = LAB, mode: Mode = "lab_all") -> list[LabRow]:
    """What a store has of the job's rows at last, each event a batch, in the order of time."""
    machine = Machine(rules, mode)
    for event in events:
        machine.batch([event])
    kept = [row for row in machine.stored.values() if row["status"] != "withdrawn"]
    latest = {(row["user_id"], row["key"]): row for row in kept if row["status"] == "event"}
    latest |= {(row["user_id"], row["key"]): row for row in kept if row["status"] == "open"}
    return [job_row(row) for row in sorted(latest.values(), key=lambda r: (r["end"], r["key"]))]


class TestOutOfOrder:
    """An event that arrives after a later one of its user."""

    def test_the_sql_missed_the_pause_and_the_job_does_not(self) -> None:
        """12 s, 1 s, 13 s: to the SQL the last one is 12 s after the one before it."""
        events = [ann(12, 1), ann(1, 2), ann(13, 3)]
        assert lab_sql.rows(events) == [
            ("ann", "ann_phone_00:00:12", "00:00:12", "00:00:12"),
            ("ann", "ann_phone_00:00:12", None, "00:00:01"),
            ("ann", "ann_phone_00:00:13", "00:00:13", "00:00:13"),
        ]
        assert standing(events, Rules(GAP_MS, DAY_MS, lateness=60_000)) == [
            ("ann", "ann_phone_00:00:01", "00:00:01", "00:00:01"),
            ("ann", "ann_phone_00:00:12", "00:00:12", "00:00:12"),
            ("ann", "ann_phone_00:00:12", None, "00:00:13"),
        ]

    def test_the_sql_kept_a_start_that_was_none_and_the_job_withdraws_it(self) -> None:
        """0 s, 16 s, then 8 s, which joins the two."""
        events = [ann(0, 1), ann(16, 2), ann(8, 3)]
        assert [row.session_time for row in lab_sql.rows(events)] == ["00:00:00", "00:00:16", None]
        machine = Machine(Rules(GAP_MS, DAY_MS, lateness=60_000), "lab")
        for event in events:
            machine.batch([event])
        told = [(job_row(row).session_time, row["status"], row["revision"]) for row in machine.rows]
        assert told == [
            ("00:00:00", "open", 2),
            ("00:00:16", "open", 4),
            ("00:00:16", "withdrawn", 6),
        ]

    def test_what_is_too_late_moved_the_sql_and_is_set_aside_here(self) -> None:
        """60 s, 0 s, 61 s: to the SQL two starts in one second."""
        events = [ann(60, 1), ann(0, 2), ann(61, 3)]
        assert [row.session_time for row in lab_sql.boundaries(lab_sql.rows(events))] == [
            "00:01:00",
            "00:01:01",
        ]
        machine = Machine(LAB, "lab")
        machine.batch(events)
        assert [row["sequence_number"] for row in machine.aside] == ["2"]
        assert [job_row(row).session_time for row in machine.rows] == ["00:01:00"]


def test_the_sql_named_the_device_of_the_row_and_the_job_that_of_the_sessions_first() -> None:
    events = [ann(0, 1, "phone"), ann(4, 2, "desktop"), ann(8, 3, "phone")]
    ids = [row.session_id for row in lab_sql.rows(events)]
    assert ids == ["ann_phone_00:00:00", "ann_desktop_00:00:00", "ann_phone_00:00:00"]
    assert {row.session_id for row in standing(events)} == {"ann_phone_00:00:00"}


def test_without_a_device_the_sql_had_no_session_id() -> None:
    events = [ann(0, 1, None)]
    assert lab_sql.rows(events) == [("ann", None, "00:00:00", "00:00:00")]
    assert standing(events) == [("ann", "ann_unknown_00:00:00", "00:00:00", "00:00:00")]


def test_of_equal_times_the_sql_took_the_first_to_arrive_and_the_job_the_lower_key() -> None:
    """So the order of arrival, which a retried send changes, does not matter here."""
    phone, desktop = ann(0, 1, "phone", key=7), ann(0, 2, "desktop", key=3)
    first = [lab_sql.rows(events)[0].session_id for events in ([phone, desktop], [desktop, phone])]
    assert first == ["ann_phone_00:00:00", "ann_desktop_00:00:00"]
    for events in ([phone, desktop], [desktop, phone]):
        boundary = [row for row in standing(events) if row.session_time is not None]
        assert [row.session_id for row in boundary] == ["ann_desktop_00:00:00"]


class TestADay:
    """A user who clicks every 10 seconds and never pauses, until a second past 24 hours."""

    times = (*range(0, DAY_MS // 1_000 + 10, 10), DAY_MS // 1_000 + 1)
    events = tuple(ann(second, number) for number, second in enumerate(times, start=1))

    def test_the_sql_lost_the_id_after_24_hours_and_the_job_starts_another_session(self) -> None:
        assert lab_sql.rows(self.events)[-2:] == [
            ("ann", "ann_phone_00:00:00", None, "00:00:00"),
            ("ann", None, None, "00:00:01"),
        ]
        rows = job_rows(self.events, "lab_all", [len(self.events) // 2])
        assert [rows[event.key] for event in self.events[-2:]] == [
            ("ann", "ann_phone_00:00:00", None, "00:00:00"),
            ("ann", "ann_phone_00:00:01", "00:00:01", "00:00:01"),
        ]

    def test_the_24_hours_of_the_sql_are_those_of_arrival(self) -> None:
        """Sent at once, a day of clicks kept its id; the job goes by the events' own times."""
        at_once = lab_sql.rows(self.events, rowtime=lambda _: START)
        assert at_once[-1].session_id == "ann_phone_00:00:00"


def test_a_session_id_of_the_sql_came_again_the_next_day() -> None:
    """It has no date: the job has the same one, for functions that know it, and `started_at`."""
    events = [ann(0, 1), ann(86_400, 2)]
    assert {row.session_id for row in lab_sql.rows(events)} == {"ann_phone_00:00:00"}
    machine = Machine(LAB, "lab")
    machine.batch(events)
    assert {job_row(row).session_id for row in machine.rows} == {"ann_phone_00:00:00"}
    assert [row["start"] for row in machine.rows] == [START, START + DAY_MS]
