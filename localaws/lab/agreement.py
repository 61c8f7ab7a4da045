"""Whether the job found the sessions that are in the events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localaws.lab.sessions import Event, session_starts
from localaws.sessions.rows import Row, standing
from localaws.sessions.settings import SessionSettings


@dataclass(frozen=True)
class Agreement:
    """Sessions found beside those expected, each by user and start, epoch ms.

    Attributes:
        events: of each user, sent.
    """

    events: Counter[str]
    expected: frozenset[tuple[str, int]]
    found: frozenset[tuple[str, int]]

    @classmethod
    def of(
        cls, events: Sequence[Event], rows: Iterable[Row], settings: SessionSettings
    ) -> Agreement:
        """Compare rows of the table with a plain calculation on the events."""
        return cls(
            events=Counter(event["user_id"] for event in events),
            expected=frozenset(session_starts(events, settings.gap_ms, settings.max_length_ms)),
            found=frozenset((row["user_id"], _millis(row["started_at"])) for row in standing(rows)),
        )

    @property
    def agrees(self) -> bool:
        """Whether the same sessions were found, no more and no less."""
        return self.found == self.expected

    def by_user(self) -> dict[str, dict[str, int]]:
        """Events, sessions and sessions expected of each user."""
        found, expected = (
            Counter(user for user, _ in starts) for starts in (self.found, self.expected)
        )
        return {
            user: {
                "events": self.events[user],
                "sessions": found[user],
                "expected": expected[user],
            }
            for user in sorted({*self.events, *found}, key=lambda user: (len(user), user))
        }

    def to_json(self) -> dict[str, Any]:
        """The part of the report that says whether they agree."""
        return {
            "users": self.by_user(),
            "sessions_expected": len(self.expected),
            "agree": self.agrees,
            "missing": _listed(self.expected - self.found),
            "unexpected": _listed(self.found - self.expected),
        }


def _millis(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000)


def _listed(starts: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    return [
        {"user_id": user, "started_at": at}
        for user, at in sorted(starts, key=lambda start: (start[1], start[0]))
    ]
