"""What the days of a table need."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glue_jobs.upkeep import (
    Day,
    Rules,
    Step,
    UpkeepError,
    check_clock,
    check_latest,
    figures,
    steps,
)

RULES = Rules(closed_after=timedelta(hours=6), recluster_share=0.1)
DAY = date(2026, 1, 1)
END = datetime(2026, 1, 2, 6, tzinfo=UTC)  # six hours after the day's end
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def day(of: date = DAY, *, files: int = 1, small: int = 1, rows: int = 100) -> Day:
    return Day(of, files, small, bytes=rows * 50, rows=rows)


@pytest.mark.parametrize(("small", "expected"), [(0, []), (1, []), (2, [Step(DAY, "compact")])])
def test_an_open_day_is_compacted_when_files_can_be_put_together(
    small: int, expected: list[Step]
) -> None:
    assert steps([day(small=small)], {}, RULES, NOON) == expected


def test_a_day_is_clustered_from_the_moment_that_it_is_closed() -> None:
    before = END - timedelta(microseconds=1)
    assert steps([day()], {}, RULES, before) == []
    assert steps([day()], {}, RULES, END) == [Step(DAY, "cluster")]


@pytest.mark.parametrize(
    ("rows", "action"),
    [(100, None), (110, None), (111, "cluster"), (90, None), (89, "cluster")],
)
def test_a_clustered_day_is_clustered_again_when_a_tenth_of_it_changed(
    rows: int, action: str | None
) -> None:
    found = steps([day(rows=rows)], {DAY: 100}, RULES, END)
    assert [step.action for step in found] == ([action] if action else [])


def test_few_late_rows_of_a_clustered_day_are_compacted() -> None:
    assert steps([day(files=3, small=3, rows=105)], {DAY: 100}, RULES, END) == [
        Step(DAY, "compact")
    ]


def test_a_day_without_rows_is_not_clustered() -> None:
    assert steps([day(rows=0)], {}, RULES, END) == []


def test_the_latest_day_comes_first() -> None:
    days = [day(date(2026, 1, number), small=2) for number in (1, 3, 2)]
    assert [step.day.day for step in steps(days, {}, RULES, NOON)] == [3, 2, 1]


DAYS = st.builds(
    Day,
    st.dates(date(2025, 12, 1), date(2026, 1, 5)),
    st.integers(1, 9),
    st.integers(0, 9),
    st.integers(0, 10**9),
    st.integers(0, 10**6),
)


@given(st.lists(DAYS, unique_by=lambda found: found.day))
def test_what_was_done_leaves_nothing_to_do(days: list[Day]) -> None:
    """After each step a day is one file, and one that was clustered is noted with its rows."""
    done = {step.day: step.action for step in steps(days, {}, RULES, NOON)}
    after = [Day(d.day, 1, min(d.small, 1), d.bytes, d.rows) if d.day in done else d for d in days]
    noted = {d.day: d.rows for d in days if done.get(d.day) == "cluster"}
    assert steps(after, noted, RULES, NOON) == []


def test_a_clock_may_be_five_minutes_off() -> None:
    check_clock(NOON, NOON + timedelta(minutes=5), "the store")
    with pytest.raises(
        UpkeepError,
        match=r"this machine says 2026-01-01T12:00:00\+00:00, the store says"
        r" 2026-01-01T11:54:59\+00:00; allowed are 5 minutes .* Nothing was done: set the clock",
    ):
        check_clock(NOON, NOON - timedelta(minutes=5, seconds=1), "the store")


def test_a_commit_of_the_future_tells_of_a_clock_that_was_set_back() -> None:
    check_latest(NOON, NOON - timedelta(days=30), "clicks")
    check_latest(NOON, NOON + timedelta(minutes=4), "clicks")
    with pytest.raises(UpkeepError, match="the latest commit of clicks says 2026-01-01T13:00:00"):
        check_latest(NOON, NOON + timedelta(hours=1), "clicks")


def test_figures_are_those_that_crawlers_write() -> None:
    assert figures([day(rows=100, files=2), day(rows=200, files=3)]) == {
        "recordCount": "300",
        "averageRecordSize": "50",
        "sizeKey": "15000",
        "objectCount": "5",
    }
    assert figures([])["averageRecordSize"] == "0"
