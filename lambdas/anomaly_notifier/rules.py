"""When a message may go, and when an incident is over or worse; pure, by event time alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d) ([\w+\-/]+)", re.ASCII)


@dataclass(frozen=True)
class QuietHours:
    """From `start` to before `end` by the clocks of `zone`, over midnight when end is earlier."""

    start: time
    end: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Quiet hours from text such as `22:00-07:00 Europe/Berlin`.

        Raises:
            ValueError: it is not of that form, empty, or of a zone that is not known.
        """
        found = _HOURS.fullmatch(text)
        if not found:
            raise ValueError("not of the form HH:MM-HH:MM Zone")
        hours = [int(number) for number in found.groups()[:4]]
        start, end = time(hours[0], hours[1]), time(hours[2], hours[3])
        if start == end:
            raise ValueError("start and end are the same")
        return cls(start, end, _zone(found[5]))

    def contains(self, at: datetime) -> bool:
        """Whether the clocks of the zone show quiet hours."""
        clock = at.astimezone(self.zone).time()
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M} {self.zone.key}"


@dataclass(frozen=True)
class Rules:
    """What incidents are cut and told by. A `daily_cap` of 0 is none.

    `cool_down` must not be shorter than what the job waits before it calls a site usual again:
    an incident that is still waiting for that would be taken for one whose all-clear was lost.
    """

    cool_down: timedelta = timedelta(minutes=10)
    escalation_factor: float = 1.5
    quiet_hours: QuietHours | None = None
    daily_cap: int = 0

    def quiet(self, at: datetime) -> str | None:
        """Why nothing is told at this time; None when it may be."""
        if self.quiet_hours and self.quiet_hours.contains(at):
            return f"quiet hours {self.quiet_hours}"
        return None

    def capped(self, told_today: int) -> str | None:
        """Why no alarm is told after this number of messages in a day; None when it may be."""
        if 0 < self.daily_cap <= told_today:
            return f"daily cap of {self.daily_cap}"
        return None

    def day(self, at: datetime) -> tuple[datetime, datetime]:
        """The calendar day of a time, start and exclusive end; of UTC without quiet hours."""
        zone: tzinfo = self.quiet_hours.zone if self.quiet_hours else UTC
        today = at.astimezone(zone).date()
        return _midnight(today, zone), _midnight(today + timedelta(days=1), zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"the time zone {name!r} is not known") from error
