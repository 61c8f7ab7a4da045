"""Users' events as records, and what the table of the sessions must hold of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from localaws.sending import Record
from localaws.sessions.rows import Row, device_of, standing
from tests.unit.transforms.session_reference import Event, sessions
from transforms.session_intake import Rules

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
MINUTE = 60_000
HOUR = 60 * MINUTE
RULES = Rules(gap=30 * MINUTE, max_length=2 * HOUR, lateness=10 * MINUTE)
_STEPS = (1, 20_000, MINUTE, 7 * MINUTE, 25 * MINUTE, RULES.gap, RULES.gap + 1, HOUR)

Key = tuple[str, int]
Sessions = dict[Key, dict[str, Any]]


def traffic(seed: int, users: Iterable[str], start: int = START) -> list[Event]:
    """The users' events in the order of arrival: each up to the allowed lateness out of order."""
    rng = random.Random(seed)
    arrivals = [
        (event.at + rng.uniform(0, 0.9 * RULES.lateness), event)
        for user in users
        for event in _events(rng, user, start)
    ]
    return [event for _, event in sorted(arrivals, key=lambda arrival: arrival[0])]


def _events(rng: random.Random, user: str, start: int) -> Iterator[Event]:
    at = start + rng.randrange(HOUR)
    for _ in range(rng.randint(1, 16)):
        yield Event(
            user,
            at,
            key=at,
            device=rng.choice(["phone", "phone", "laptop", None]),
            name=rng.choice(["home", "tea", "cart", None]),
            purchase=rng.random() < 0.1,
        )
        at += rng.choice(_STEPS)


def payload(event: Event) -> dict[str, Any]:
    """The event as it is sent."""
    return {
        "user_id": event.user,
        "event_timestamp": event.at,
        "event_id": f"e-{event.key}",  # of its user: others have the same
        "event_name": event.name,
        "event_type": "purchase" if event.purchase else "click",
        "device_type": event.device,
    }


def record(event: Event) -> Record:
    """The event as a record of the stream."""
    return Record(event.user[:64], json.dumps(payload(event)).encode())


def by_the_book(events: Iterable[Event], rules: Rules = RULES) -> Sessions:
    """What the table must hold once all sessions are closed."""
    return {
        key: session | {"device": session["device"] or "unknown"}
        for key, session in sessions(events, rules).items()
    }


def in_the_table(rows: Iterable[Row]) -> Sessions:
    """What the table holds of sessions that there are; of an open one, where it starts."""
    return {(row["user_id"], _millis(row["started_at"])): _told(row) for row in standing(rows)}


def _told(row: Row) -> dict[str, Any]:
    start = _millis(row["started_at"])
    told = {"start": start, "device": device_of(row), "entry": row.get("entry_page")}
    if row["status"] == "open":
        return told
    assert row["duration_ms"] == _millis(row["ended_at"]) - start
    assert row["converted"] == (row["purchases"] > 0)
    return told | {
        "end": _millis(row["ended_at"]),
        "events": row["events"],
        "exit": row.get("exit_page"),
        "purchases": row["purchases"],
        "device_changes": row["device_changes"],
    }


def _millis(text: str) -> int:
    since = datetime.fromisoformat(text).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(milliseconds=1)
