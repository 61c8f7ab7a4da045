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
    """What the second statement gave; the first three may be null, as any text in SQL."""

    user_id: str
    session_id: str | None
    session_time: str | None
    latest_time: str


def rows(events: Sequence[Event], rowtime: Callable[[Event], int] | None = None) -> list[LabRow]:
    """One row an event, in the order of arrival.

    `rowtime` says when an event arrived, epoch ms; without it at its own time.
    """
    arrived = [(rowtime or _at)(event) for event in events]
    starts = session_timestamps(events)
    found = []
    for number, event in enumerate(events):
        start = _last_value(events, arrived, starts, number)
        found.append(
            LabRow(
                event.user,
                _joined(event.user, event.device, None if start is None else hms(start)),
                None if starts[number] is None else hms(event.at),
                hms(event.at),
            )
        )
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


def _last_value(
    events: Sequence[Event], arrived: list[int], starts: list[int | None], number: int
) -> int | None:
    """LAST_VALUE IGNORE NULLS of the user's rows that arrived in the 24 hours up to this one."""
    for before in range(number, -1, -1):
        same = events[before].user == events[number].user
        if same and starts[before] is not None and arrived[number] - arrived[before] <= DAY_MS:
            return starts[before]
    return None


def hms(epoch_ms: int) -> str:
    """HH:mm:ss in UTC."""
    return datetime.fromtimestamp(epoch_ms // 1_000, UTC).strftime("%H:%M:%S")


def _joined(*parts: str | None) -> str | None:
    """Parts joined by `||`, which gives null when any is null."""
    texts = [part for part in parts if part is not None]
    return "_".join(texts) if len(texts) == len(parts) else None


def _at(event: Event) -> int:
    return event.at
