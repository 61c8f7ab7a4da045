"""When a schedule fires: `cron(...)`, `rate(...)` and `at(...)`, as AWS reads them.

Source: AWS Glue Developer Guide, "Time-based schedules"; EventBridge Scheduler User Guide,
"Schedule types".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aws_croniter import AwsCroniter

from localaws.errors import LocalCloudError

_FORM = re.compile(r"\s*(?P<kind>cron|rate|at)\((?P<inner>[^()]*)\)\s*")
_RATE = re.compile(r"(?P<count>[1-9][0-9]*)\s+(?P<unit>minute|hour|day)(?P<plural>s?)")
_GLUE_PAUSE_MINUTES = 5
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_STEPPED = re.compile(r"(?P<first>\*|[1-7])(?:-(?P<last>[1-7]))?/(?P<step>[1-7])")


class Expression(Protocol):
    """Gives the times at which a schedule fires."""

    def after(self, instant: datetime) -> datetime | None:
        """The first firing later than `instant`, both in UTC; None when there is none."""
        ...


@dataclass(frozen=True)
class Cron:
    """Fires when the clock on the wall of `zone` shows what the six fields say.

    A time that summer time leaves out is skipped; one that it repeats fires the first time only.
    """

    fields: str
    zone: ZoneInfo

    def after(self, instant: datetime) -> datetime | None:
        """As `Expression`."""
        cron = _cron(self.fields)
        # The library knows UTC alone: it is given the time on the wall as if it were that. An hour
        # earlier, for in the hour that is repeated the wall has shown later times before.
        wall = instant.astimezone(self.zone).replace(tzinfo=UTC) - timedelta(hours=1)
        while (found := cron.get_next(wall)[0]) is not None:
            wall = found
            fired: datetime = wall.replace(tzinfo=self.zone).astimezone(UTC)
            left_out = fired.astimezone(self.zone).replace(tzinfo=None) != wall.replace(tzinfo=None)
            if fired > instant and not left_out:
                return fired
        return None


@dataclass(frozen=True)
class Rate:
    """Fires every `period`, counted from `start`; on another clock than AWS's also before it."""

    period: timedelta
    start: datetime

    def after(self, instant: datetime) -> datetime | None:
        """As `Expression`."""
        return self.start + ((instant - self.start) // self.period + 1) * self.period


@dataclass(frozen=True)
class Once:
    """Fires once."""

    time: datetime

    def after(self, instant: datetime) -> datetime | None:
        """As `Expression`."""
        return self.time if self.time > instant else None


def parse(text: str, where: str, start: datetime, zone: str = "UTC") -> Expression:
    """The expression.

    Args:
        where: what is scheduled so, for the error.
        start: from which a rate is counted.
        zone: IANA name of the time zone that cron and at are in.

    Raises:
        LocalCloudError: AWS would refuse it too.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise _refusal(where, text, "cron(...), rate(...) or at(...)")
    if form["kind"] == "rate":
        return Rate(_period(form["inner"].strip(), where, text), start)
    if form["kind"] == "at":
        return Once(_time(form["inner"].strip(), _zone(zone, where), where, text))
    return Cron(_checked_fields(form["inner"], where, text), _zone(zone, where))


def parse_of_glue(text: str, where: str) -> Expression:
    """The expression of a trigger of Glue, which takes less than a schedule does.

    Source: AWS Glue Developer Guide, "Time-based schedules for jobs and crawlers".

    Raises:
        LocalCloudError: AWS would refuse it too.
    """
    expression = parse(text, where, datetime.min.replace(tzinfo=UTC))
    if not isinstance(expression, Cron):
        raise _refusal(where, text, "cron(...), which is all that a trigger of Glue takes")
    if _shortest_pause(expression) < _GLUE_PAUSE_MINUTES:
        raise _refusal(where, text, f"cron(...) of {_GLUE_PAUSE_MINUTES} minutes or more")
    return expression


def firings(expression: Expression, after: datetime, until: datetime) -> Iterator[datetime]:
    """The firings later than `after`, and not later than `until`, in their order."""
    found = expression.after(after)
    while found is not None and found <= until:
        yield found
        found = expression.after(found)


@lru_cache
def _cron(fields: str) -> AwsCroniter:
    return AwsCroniter(fields)


def _shortest_pause(cron: Cron) -> int:
    """Minutes from a firing to the next, the fewest that the fields may come to."""
    found = _cron(cron.fields)
    minutes, hours = sorted(found.minutes), set(found.hours)
    if any((hour + 1) % 24 in hours for hour in hours):
        minutes.append(minutes[0] + 60)
    return min((later - minute for minute, later in pairwise(minutes)), default=60)


def _period(inner: str, where: str, text: str) -> timedelta:
    match = _RATE.fullmatch(inner)
    if match is None or (match["count"] == "1") is bool(match["plural"]):
        raise _refusal(where, text, "rate(1 minute), rate(5 minutes), likewise hours and days")
    return timedelta(**{f"{match['unit']}s": int(match["count"])})


def _time(inner: str, zone: ZoneInfo, where: str, text: str) -> datetime:
    try:
        found = datetime.strptime(inner, "%Y-%m-%dT%H:%M:%S")
    except ValueError as error:
        raise _refusal(where, text, "at(yyyy-mm-ddThh:mm:ss)") from error
    return found.replace(tzinfo=zone).astimezone(UTC)


def _zone(name: str, where: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise LocalCloudError(
            f"{where}: no time zone {name!r}; allowed are IANA names such as Europe/Berlin"
        ) from error


def _checked_fields(inner: str, where: str, text: str) -> str:
    fields = inner.split()
    if len(fields) == 6:
        fields[4] = _day_of_week(fields[4].upper())
    try:
        _cron(" ".join(fields))
    except Exception as error:
        allowed = "six fields: minutes hours day-of-month month day-of-week year, one day field ?"
        raise _refusal(where, text, f"{allowed} ({error})") from error
    return " ".join(fields)


def _day_of_week(field: str) -> str:
    """As the library takes it: the last day of the week is a 7, and days with steps are listed."""
    for number, name in enumerate(_DAYS, 1):
        field = field.replace(name, str(number))
    stepped = _STEPPED.fullmatch(field)
    if stepped is None:
        return "7" if field == "L" else field
    first = 1 if stepped["first"] == "*" else int(stepped["first"])
    last = int(stepped["last"] or 7)
    return ",".join(map(str, range(first, last + 1, int(stepped["step"]))))


def _refusal(where: str, text: str, allowed: str) -> LocalCloudError:
    return LocalCloudError(f"{where}: cannot be scheduled by {text!r}; allowed: {allowed}")
