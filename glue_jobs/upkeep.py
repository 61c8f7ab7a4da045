"""What a lake table's days need: which are compacted, which clustered. Plain values, no Spark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

Action = Literal["compact", "cluster"]

# Clocks of machines that keep time differ by less; files are deleted by their age.
_CLOCK_TOLERANCE = timedelta(minutes=5)


class UpkeepError(RuntimeError):
    """Raised when maintenance was not, or not wholly, done; the tables hold what they held."""


@dataclass(frozen=True)
class Day:
    """The files of one day of a table.

    Attributes:
        day: value of the partition.
        small: files below the target size.
        bytes: size of all files.
        rows: rows in them, as their statistics say.
    """

    day: date
    files: int
    small: int
    bytes: int
    rows: int


@dataclass(frozen=True)
class Rules:
    """When a day is clustered.

    Attributes:
        closed_after: a day is closed so long after its end.
        recluster_share: a clustered day is clustered anew once more than this share of its rows
            came since.
    """

    closed_after: timedelta
    recluster_share: float


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    day: date
    action: Action


def steps(
    days: Iterable[Day], clustered: Mapping[date, int], rules: Rules, now: datetime
) -> list[Step]:
    """What the days need, the latest day first: it is written to now and asked for most.

    `clustered` are the rows that each clustered day had when it was.
    """
    found = []
    for day in sorted(days, key=lambda day: day.day, reverse=True):
        if _is_closed(day.day, rules, now) and _has_changed(day, clustered, rules):
            found.append(Step(day.day, "cluster"))
        elif day.small > 1:
            found.append(Step(day.day, "compact"))
    return found


def _is_closed(day: date, rules: Rules, now: datetime) -> bool:
    end = datetime.combine(day, time(), UTC) + timedelta(days=1)
    return now >= end + rules.closed_after


def _has_changed(day: Day, clustered: Mapping[date, int], rules: Rules) -> bool:
    """Late events trickle in for days: they do not sort a whole day anew each time."""
    before = clustered.get(day.day)
    if before is None:
        return day.rows > 0
    return abs(day.rows - before) > rules.recluster_share * before


def check_clock(now: datetime, told: datetime, by: str) -> None:
    """Raise when the machine's clock cannot be right; `told` is the time that `by` says it is.

    Raises:
        UpkeepError: they are more than five minutes apart.
    """
    if abs(now - told) > _CLOCK_TOLERANCE:
        raise UpkeepError(
            f"the clock of this machine says {_text(now)}, {by} says {_text(told)}; allowed are"
            " 5 minutes between them, since files are deleted by their age. Nothing was done:"
            " set the clock right and run it again"
        )


def check_latest(now: datetime, latest: datetime, table: str) -> None:
    """Raise when the table's latest commit lies in the future: then the clock was set back.

    Raises:
        UpkeepError: by more than five minutes.
    """
    if latest > now:
        check_clock(now, latest, f"the latest commit of {table}")


def figures(days: Iterable[Day]) -> dict[str, str]:
    """What the Data Catalog's table says of its data, under the names that crawlers use.

    Source: AWS Glue developer guide, "Parameters set on Data Catalog tables by crawler".
    """
    listed = list(days)
    rows, size = sum(day.rows for day in listed), sum(day.bytes for day in listed)
    return {
        "recordCount": str(rows),
        "averageRecordSize": str(round(size / rows) if rows else 0),
        "sizeKey": str(size),
        "objectCount": str(sum(day.files for day in listed)),
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
