"""Which days a training looks at. It is the 20th, the clicks begin on the 3rd."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glue_jobs.options import OptionError, day
from glue_jobs.training_days import Days, days_to_update


def jan(number: int) -> date:
    return date(2026, 1, number)


@dataclass(frozen=True)
class Asked:
    from_day: date | None = None
    to_day: date | None = None
    revisit: timedelta = timedelta(days=7)


TODAY, OLDEST = jan(20), jan(3)


@pytest.mark.parametrize(
    ("asked", "newest", "expected"),
    [
        (Asked(), None, Days(jan(3), jan(19))),
        (Asked(), jan(18), Days(jan(11), jan(19))),
        (Asked(revisit=timedelta(0)), jan(18), Days(jan(18), jan(19))),
        (Asked(revisit=timedelta(hours=30)), jan(18), Days(jan(17), jan(19))),
        (Asked(from_day=jan(5), to_day=jan(6)), jan(18), Days(jan(5), jan(6))),
        (Asked(from_day=jan(5)), jan(18), Days(jan(5), jan(19))),
        (Asked(to_day=jan(6)), None, Days(jan(3), jan(6))),
    ],
    ids=["first", "since", "no_revisit", "whole_days", "range", "from", "to"],
)
def test_the_days_are_those_asked_for_or_those_since_the_last_time(
    asked: Asked, newest: date | None, expected: Days | None
) -> None:
    assert days_to_update(asked, TODAY, OLDEST, newest) == expected


def test_without_clicks_there_are_no_days() -> None:
    assert days_to_update(Asked(), TODAY, None, None) is None


def test_a_clock_that_was_set_back_finds_no_days() -> None:
    assert days_to_update(Asked(revisit=timedelta(0)), jan(10), OLDEST, jan(18)) is None


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Asked(to_day=jan(20)), r"--to-day: found 2026-01-20; .* before 2026-01-20"),
        (Asked(from_day=jan(20)), r"--from-day: found 2026-01-20; allowed .* up to 2026-01-19"),
        (Asked(from_day=jan(9), to_day=jan(8)), r"--from-day: found 2026-01-09; .* 2026-01-08"),
    ],
)
def test_a_day_that_has_not_ended_or_an_empty_range_is_refused(asked: Asked, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        days_to_update(asked, TODAY, OLDEST, None)


def test_a_last_day_before_all_that_a_run_looks_at_is_refused() -> None:
    with pytest.raises(OptionError, match=r"--to-day: found 2026-01-06; .* from 2026-01-11, .*"):
        days_to_update(Asked(to_day=jan(6)), TODAY, OLDEST, jan(18))


@pytest.mark.parametrize("found", ["", "2026-13-01", "01.02.2026", "2026-01-01T00:00:00Z"])
def test_what_is_no_day_is_refused(found: str) -> None:
    with pytest.raises(OptionError, match="allowed are days such as 2026-01-31"):
        day(found)


@given(st.dates(), st.integers(0, 400), st.integers(0, 400), st.integers(0, 30))
def test_no_day_is_left_out_and_none_is_looked_at_that_has_not_ended(
    today: date, since: int, age: int, revisit: int
) -> None:
    if today.toordinal() <= since + age + revisit + 1:
        return
    newest = today - timedelta(days=since)
    found = days_to_update(
        Asked(revisit=timedelta(days=revisit)), today, newest - timedelta(days=age), newest
    )
    if found is None:
        assert since + revisit == 0
    else:
        assert found.first <= newest
        assert found.last == today - timedelta(days=1)
