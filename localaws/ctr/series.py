"""Windows of a site as lines to draw: what is missing is a gap."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from catalog.ctr import CTR_WINDOWS, INCIDENTS
from localaws.clients import Clients
from localaws.ctr.rows import Row, to_text
from localaws.errors import LocalCloudError
from localaws.tables import query, readable, scan

# Before and after every time of a table, as text.
_FIRST, _LAST = "0", "9"
_SHOWN_SITES = 10


@dataclass(frozen=True)
class History:
    """The windows of a site in their order, and the incidents that they belong to."""

    site: str
    windows: Sequence[Row]
    incidents: Sequence[Row]

    @property
    def anomalies(self) -> list[Row]:
        """The windows that were anomalies."""
        return [row for row in self.windows if row["is_anomaly"]]

    def has(self, column: str) -> bool:
        """Whether any window has a value in the column."""
        return any(row.get(column) is not None for row in self.windows)


def read_history(
    clients: Clients, site: str, begin: str | None = None, end: str | None = None
) -> History:
    """The windows of a site that start from `begin` up to `end`, both inclusive.

    Raises:
        LocalCloudError: a time is none, the tables cannot be read, or there are no such windows.
    """
    first, last = _time("--from", begin) or _FIRST, _time("--to", end) or _LAST
    with readable(clients, CTR_WINDOWS.name):
        windows = list(query(clients, CTR_WINDOWS, site, first, last))
        if not windows:
            raise LocalCloudError(_nothing(clients, site))
    with readable(clients, INCIDENTS.name):
        incidents = [
            row
            for row in query(clients, INCIDENTS, site)
            if row["incident_id"] < windows[-1]["window_end"]
            and row["last_window_end"] > windows[0]["window_start"]
        ]
    return History(site, windows, incidents)


def steps(rows: Sequence[Row], column: str) -> tuple[list[float], list[float]]:
    """A line that holds each window's value from its start to its end; NaN where there is none."""
    times: list[float] = []
    values: list[float] = []
    for number, row in enumerate(rows):
        value = row.get(column)
        times.append(days(row["window_start"]))
        values.append(math.nan if value is None else float(value))
        following = rows[number + 1] if number + 1 < len(rows) else None
        if following is None or following["window_start"] != row["window_end"]:
            times += [days(row["window_end"])] * 2
            values += [values[-1], math.nan]
    return times, values


def days(text: str) -> float:
    """A time of a table as days since 1970, which is how times are drawn."""
    return moment(text).timestamp() / 86_400


def highest(rows: Iterable[Row], columns: Iterable[str]) -> float:
    """The highest value of these columns; 0 of none."""
    names = tuple(columns)
    return max((row.get(name) or 0.0 for row in rows for name in names), default=0.0)


def moment(text: str) -> datetime:
    """An ISO-8601 time, UTC where it names no zone."""
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _time(option: str, text: str | None) -> str | None:
    """The time as the tables write it."""
    if text is None:
        return None
    try:
        return to_text(round(moment(text).timestamp() * 1_000))
    except ValueError as error:
        raise LocalCloudError(
            f"{option}: found {text!r}; allowed are times such as 2026-01-31T12:00:00Z"
        ) from error


def _nothing(clients: Clients, site: str) -> str:
    sites = sorted({row["site"] for row in scan(clients, CTR_WINDOWS.name, ("site",))})
    if site in sites:
        return f"site {site!r}: no windows from --from up to --to; leave one of them out"
    some = ", ".join(map(repr, sites[:_SHOWN_SITES])) or "none yet"
    more = f" and {len(sites) - _SHOWN_SITES} more" if len(sites) > _SHOWN_SITES else ""
    return f"site {site!r}: no windows; sites that have some: {some}{more}"
