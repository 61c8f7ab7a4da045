"""Which days a training looks at: those that were asked for, else those since the last time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from glue_jobs.options import OptionError

_DAY = timedelta(days=1)


class DaySettings(Protocol):
    """The options of the job that the days depend on."""

    from_day: date | None
    to_day: date | None
    revisit: timedelta


@dataclass(frozen=True)
class Days:
    """The days from `first` to `last`, both included, UTC."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


def days_to_update(
    options: DaySettings, today: date, oldest: date | None, newest: date | None
) -> Days | None:
    """The days whose observations are made anew; None for none.

    Without `--from-day` they begin with the newest day that has observations, and `--revisit`
    before it: late events and returned orders change days that were looked at before. `oldest` is
    the first day with clicks, `newest` the last one with observations. None is later than
    yesterday, for a day that has not ended would be learnt from in part.

    Raises:
        OptionError: `--to-day` has not ended, or lies before the first day.
    """
    if options.to_day is not None and options.to_day >= today:
        raise OptionError(
            f"--to-day: found {options.to_day}; allowed are days that have ended, before {today}"
        )
    last = options.to_day or today - _DAY
    first = options.from_day or _since(newest, oldest, options.revisit)
    if options.from_day is not None and options.from_day > last:
        raise OptionError(f"--from-day: found {first}; allowed are days up to {last}")
    if options.to_day is not None and first is not None and first > last:
        raise OptionError(
            f"--to-day: found {last}; allowed are days from {first}, where the new days and those"
            " to revisit begin; for days before it give --from-day too"
        )
    return Days(first, last) if first is not None and first <= last else None


def _since(newest: date | None, oldest: date | None, revisit: timedelta) -> date | None:
    return oldest if newest is None else newest - timedelta(days=revisit.days)
