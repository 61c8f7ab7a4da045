"""Firing times by hand, from the tables and rules of the AWS guides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localaws.errors import LocalCloudError
from localaws.scheduler.expressions import Expression, firings, parse, parse_of_glue

START = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2040, 1, 1, tzinfo=UTC)


def _times(text: str, after: str, count: int = 3, zone: str = "UTC") -> list[str]:
    expression = parse(text, "trigger t", START, zone)
    found = islice(firings(expression, datetime.fromisoformat(after), FAR), count)
    return [time.strftime("%Y-%m-%d %H:%M") for time in found]


# 2026-01-01 is a Thursday.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cron(15 12 * * ? *)", ["2026-01-01 12:15", "2026-01-02 12:15", "2026-01-03 12:15"]),
        ("cron(1/20 0 * * ? *)", ["2026-01-01 00:01", "2026-01-01 00:21", "2026-01-01 00:41"]),
        ("cron(0 8 1 * ? *)", ["2026-01-01 08:00", "2026-02-01 08:00", "2026-03-01 08:00"]),
        ("cron(0 10 ? * MON-FRI *)", ["2026-01-01 10:00", "2026-01-02 10:00", "2026-01-05 10:00"]),
        ("cron(0 0 ? * 6#3 *)", ["2026-01-16 00:00", "2026-02-20 00:00", "2026-03-20 00:00"]),
        ("cron(0 0 ? * 6L *)", ["2026-01-30 00:00", "2026-02-27 00:00", "2026-03-27 00:00"]),
        ("cron(0 0 ? * L *)", ["2026-01-03 00:00", "2026-01-10 00:00", "2026-01-17 00:00"]),
        ("cron(0 0 ? * MON-FRI/2 *)", ["2026-01-02 00:00", "2026-01-05 00:00", "2026-01-07 00:00"]),
        ("cron(0 0 L * ? *)", ["2026-01-31 00:00", "2026-02-28 00:00", "2026-03-31 00:00"]),
        ("cron(0 0 4W * ? *)", ["2026-01-05 00:00", "2026-02-04 00:00", "2026-03-04 00:00"]),
        ("cron(0 0 1W * ? *)", ["2026-01-01 00:00", "2026-02-02 00:00", "2026-03-02 00:00"]),
        ("cron(0 0 31 * ? *)", ["2026-01-31 00:00", "2026-03-31 00:00", "2026-05-31 00:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]),
        ("cron(0 0 1 JAN,JUL ? 2027)", ["2027-01-01 00:00", "2027-07-01 00:00"]),
        ("cron(0 22-2 1 1 ? 2026)", ["2026-01-01 00:00", "2026-01-01 01:00", "2026-01-01 02:00"]),
        ("cron(0  */12  * * ? *)", ["2026-01-01 00:00", "2026-01-01 12:00", "2026-01-02 00:00"]),
        ("cron(0 0 30 2 ? *)", []),
        ("rate(1 hour)", ["2026-01-01 00:00", "2026-01-01 01:00", "2026-01-01 02:00"]),
        ("rate(2 days)", ["2026-01-01 00:00", "2026-01-03 00:00", "2026-01-05 00:00"]),
        ("at(2026-03-01T10:00:00)", ["2026-03-01 10:00"]),
    ],
)
def test_times_are_those_of_the_guides(text: str, expected: list[str]) -> None:
    assert _times(text, "2025-12-31T23:59:00+00:00") == expected


def test_a_time_that_summer_time_leaves_out_is_skipped() -> None:
    """In Berlin the clock went from 2:00 to 3:00 on 29 March 2026."""
    times = _times("cron(30 2 * * ? *)", "2026-03-28T00:00:00+00:00", 2, "Europe/Berlin")
    assert times == ["2026-03-28 01:30", "2026-03-30 00:30"]


def test_a_time_that_comes_twice_fires_the_first_time() -> None:
    """It went from 3:00 back to 2:00 on 25 October 2026; 2:30 was at 0:30 and at 1:30 UTC."""
    times = _times("cron(30 2 * * ? *)", "2026-10-24T12:00:00+00:00", 2, "Europe/Berlin")
    assert times == ["2026-10-25 00:30", "2026-10-26 01:30"]


def test_in_the_hour_that_comes_twice_nothing_fires_again() -> None:
    times = _times("cron(0/30 * * * ? *)", "2026-10-24T23:59:00+00:00", 4, "Europe/Berlin")
    assert times == ["2026-10-25 00:00", "2026-10-25 00:30", "2026-10-25 02:00", "2026-10-25 02:30"]


def test_at_is_in_its_time_zone() -> None:
    assert _times("at(2026-07-01T08:00:00)", "2026-01-01T00:00:00+00:00", 1, "Asia/Tokyo") == [
        "2026-06-30 23:00"
    ]


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("every day", r"cron\(\.\.\.\), rate\(\.\.\.\) or at"),
        ("cron(0 0 * * *)", "six fields"),
        ("cron(0 0 1 * MON *)", "one day field ?"),
        ("cron(0 0 * * * *)", "one day field ?"),
        ("cron(60 0 * * ? *)", "Invalid minute"),
        ("cron(0/0 0 * * ? *)", "step must be positive"),
        ("cron(0 0 LW * ? *)", "six fields"),
        ("cron(0 0 1 1 ? 1969)", "Invalid year"),
        ("rate(1 minutes)", r"rate\(1 minute\)"),
        ("rate(5 minute)", r"rate\(1 minute\)"),
        ("rate(0 hours)", r"rate\(1 minute\)"),
        ("at(tomorrow)", r"at\(yyyy-mm-ddThh:mm:ss\)"),
    ],
)
def test_what_aws_refuses_is_refused_with_what_is_allowed(text: str, allowed: str) -> None:
    with pytest.raises(LocalCloudError, match=rf"^trigger t: cannot be scheduled by .*{allowed}"):
        parse(text, "trigger t", START)


def test_a_time_zone_that_is_none_is_refused() -> None:
    with pytest.raises(LocalCloudError, match="schedule s: no time zone 'Mars/Base'"):
        parse("cron(0 0 * * ? *)", "schedule s", START, "Mars/Base")


EXPRESSIONS: list[Expression] = [
    parse("cron(0/10 * * * ? *)", "t", START, "Europe/Berlin"),
    parse("cron(30 2 ? * SUN *)", "t", START, "America/New_York"),
    parse("rate(7 minutes)", "t", START),
]
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@given(st.sampled_from(EXPRESSIONS), INSTANTS, INSTANTS)
def test_the_first_firing_after_an_instant_does_not_depend_on_where_one_looks_from(
    expression: Expression, one: datetime, other: datetime
) -> None:
    earlier, later = sorted((one, other))
    first = expression.after(earlier)
    assert first is not None
    assert first > earlier
    if first > later:
        assert expression.after(later) == first


@pytest.mark.parametrize(
    "fields",
    ["0/5 * * * ? *", "2/10 8,9 * * ? *", "57,2 * * * ? *", "0,58 8,10 * * ? *", "30 2 1 * ? *"],
)
def test_a_trigger_of_glue_fires_by_cron_at_least_five_minutes_apart(fields: str) -> None:
    text = f"cron({fields})"
    found = list(islice(firings(parse_of_glue(text, "trigger t"), START, FAR), 100))
    assert min(later - time for time, later in pairwise(found)) >= timedelta(minutes=5)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("cron(* * * * ? *)", " of 5 minutes or more"),
        ("cron(0/4 8 * * ? *)", " of 5 minutes or more"),
        ("cron(0,57 8,9 * * ? *)", " of 5 minutes or more"),
        ("cron(0,57 0,23 * * ? *)", " of 5 minutes or more"),
        ("rate(1 hour)", ", which is all that a trigger of Glue takes"),
        ("at(2026-03-01T10:00:00)", ", which is all that a trigger of Glue takes"),
    ],
)
def test_a_trigger_of_glue_by_anything_else_is_refused(text: str, allowed: str) -> None:
    with pytest.raises(LocalCloudError) as refused:
        parse_of_glue(text, "trigger t")
    assert str(refused.value) == (
        f"trigger t: cannot be scheduled by {text!r}; allowed: cron(...){allowed}"
    )
