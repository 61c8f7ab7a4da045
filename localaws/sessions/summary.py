"""What the sessions look like as a whole, and by user, page or device."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from localaws.latency import percentile
from localaws.sessions.rows import Row, device_of, standing

By = Literal["user", "device", "entry_page", "exit_page"]
_NAMES: dict[By, Callable[[Row], str | None]] = {
    "user": lambda row: row["user_id"],
    "device": device_of,
    "entry_page": lambda row: row.get("entry_page"),
    "exit_page": lambda row: row.get("exit_page"),
}
# Upper ends of the histogram's classes, seconds; the last class has none.
_CLASS_ENDS = (1, 10, 30, 60, 300, 900, 1_800, 3_600)


@dataclass(frozen=True)
class Summary:
    """Figures of a set of sessions; what only a closed one tells is None when none is closed.

    Attributes:
        name: what they have in common; None for all, and for those without.
        bounce_share: of the closed ones, those of a single event.
        conversion_share: of the closed ones, those with a purchase.
    """

    name: str | None
    sessions: int
    open: int
    closed: int
    median_ms: float | None
    p95_ms: float | None
    events_per_session: float | None
    bounce_share: float | None
    conversion_share: float | None

    def to_json(self) -> dict[str, Any]:
        """The figures, shares to six digits."""
        return {
            key: round(value, 6) if isinstance(value, float) else value
            for key, value in vars(self).items()
        }


def summarize(rows: Sequence[Row], name: str | None = None) -> Summary:
    """Figures of the sessions that stand."""
    found = standing(rows)
    closed = [row for row in found if row["status"] == "closed"]
    lengths = [row["duration_ms"] for row in closed]
    return Summary(
        name=name,
        sessions=len(found),
        open=len(found) - len(closed),
        closed=len(closed),
        median_ms=percentile(lengths, 0.5),
        p95_ms=percentile(lengths, 0.95),
        events_per_session=_mean([row["events"] for row in closed]),
        bounce_share=_mean([row["events"] == 1 for row in closed]),
        conversion_share=_mean([row["converted"] for row in closed]),
    )


def summarize_by(rows: Sequence[Row], by: By) -> list[Summary]:
    """A summary for each user, device or page: the one of most sessions first, then by name."""
    groups: dict[str | None, list[Row]] = defaultdict(list)
    for row in standing(rows):
        groups[_NAMES[by](row)].append(row)
    summaries = [summarize(found, name) for name, found in groups.items()]
    return sorted(summaries, key=lambda group: (-group.sessions, group.name or ""))


def durations(rows: Sequence[Row]) -> list[tuple[float, float | None, int]]:
    """How many closed sessions lasted from (inclusive) to (exclusive) so many seconds."""
    lengths = [row["duration_ms"] / 1_000 for row in standing(rows) if row["status"] == "closed"]
    starts, ends = (0, *_CLASS_ENDS), (*_CLASS_ENDS, None)
    return [
        (start, end, sum(start <= length and (end is None or length < end) for length in lengths))
        for start, end in zip(starts, ends, strict=True)
    ]


def to_json(rows: Sequence[Row], by: By, count: int) -> dict[str, Any]:
    """All sessions, the first `count` groups of them, and how long they lasted, as one object."""
    return {
        "sessions": {k: v for k, v in summarize(rows).to_json().items() if k != "name"},
        "by": by,
        "groups": [group.to_json() for group in summarize_by(rows, by)[:count]],
        "durations": [
            {"from_s": start, "below_s": end, "sessions": number}
            for start, end, number in durations(rows)
        ],
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
