"""The two SQL statements of the sessionization lab, in plain Python, as its engine ran them.

That engine knew the order of arrival alone: rows are taken in the order in which they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from tests.unit.transforms.session_reference import Event

GAP_MS = 10 * 1_000
DAY_MS = 24 * 60 * 60 * 1_000


class LabRow(NamedTuple):
    """What the second statement gave."""

    user_id: str
    session_id: str | None
    session_time: str | None
    latest_time: str


def rows(events: Sequence[Event], rowtime: Callable[[Event], int] | None = None) -> list[LabRow]:
    """One row an event, in the order of arrival.

    `rowtime` says when an event arrived, epoch ms; without it at its own time.
    """
    found = []
    last: dict[str, tuple[int, int]] = {}  # of each user: the last start, and when it arrived
    for event, start in zip(events, session_timestamps(events), strict=True):
        arrived = (rowtime or _at)(event)
        if start is not None:
            last[event.user] = start, arrived
        value, since = last[event.user]
        # LAST_VALUE IGNORE NULLS of the rows that arrived in the 24 hours up to this one.
        value_hms = hms(value) if arrived - since <= DAY_MS else None
        session_id = _joined(event.user, event.device, value_hms)
        session_time = None if start is None else hms(start)
        found.append(LabRow(event.user, session_id, session_time, hms(event.at)))
    return found


def boundaries(found: Sequence[LabRow]) -> list[LabRow]:
    """The rows of the lab's other form: those where a session starts."""
    return [row for row in found if row.session_time is not None]


def session_timestamps(events: Sequence[Event]) -> list[int | None]:
    """The first statement: the event's time where a session starts, else null.

    LAG is of the row of the user that arrived before, whatever its time.
    """
    lag: dict[str, int] = {}
    found: list[int | None] = []
    for event in events:
        starts = event.user not in lag or event.at - lag[event.user] > GAP_MS
        found.append(event.at if starts else None)
        lag[event.user] = event.at
    return found


def hms(epoch_ms: int) -> str:
    """HH:mm:ss in UTC."""
    return datetime.fromtimestamp(epoch_ms // 1_000, UTC).strftime("%H:%M:%S")


def _joined(*parts: str | None) -> str | None:
    """Parts joined by `||`, which gives null when any is null."""
    texts = [part for part in parts if part is not None]
    return "_".join(texts) if len(texts) == len(parts) else None


def _at(event: Event) -> int:
    return event.at
