"""Sessions by the book: plain Python over a user's events, sorted. What the tests compare with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pyarrow as pa

from transforms.session_intake import Clock, Rules
from transforms.session_segments import SEGMENT
from transforms.session_tables import INPUT, ROWS
from transforms.sessionize import Mode, advance

BEFORE_ALL = -(2**62)


@dataclass(frozen=True)
class Event:
    """One event as the job sees it; `key` tells events apart, `number` is its place on arrival.

    Where all `arrived_at` 0, revisions are twice the number of the user's events, and one.
    """

    user: str
    at: int
    key: int
    number: int = 0
    device: str | None = "phone"
    name: str | None = "home"
    purchase: bool = False
    arrived_at: int = 0

    def row(self) -> dict[str, Any]:
        """The event as a row of the input."""
        return {
            "user_id": self.user,
            "sequence_number": str(self.number),
            "arrived_at": self.arrived_at,
            "start": self.at,
            "end": self.at,
            "events": 1,
            "key": self.key,
            "device": self.device,
            "last_device": self.device,
            "entry": self.name,
            "exit": self.name,
            "device_changes": 0,
            "purchases": int(self.purchase),
        }


def sessions(events: Iterable[Event], rules: Rules) -> dict[tuple[str, int], dict[str, Any]]:
    """Every session of the events, by user and start."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    ordered = sorted(events, key=lambda e: (e.user, e.at, e.key))
    for user, own in groupby(ordered, key=lambda e: e.user):
        session: dict[str, Any] = {}
        for event in own:
            if (  # exactly the gap, or exactly the longest session, is inside
                not session
                or event.at - session["end"] > rules.gap
                or event.at - session["start"] > rules.max_length
            ):
                session = found[user, event.at] = _begun(event)
            else:
                _add(session, event)
    for session in found.values():
        del session["before"]
    return found


def _begun(event: Event) -> dict[str, Any]:
    row = event.row()
    names = ("start", "end", "events", "device", "entry", "exit", "purchases", "device_changes")
    return {name: row[name] for name in names} | {"before": event.device}


def _add(session: dict[str, Any], event: Event) -> None:
    known = None not in (session["before"], event.device)
    session["device_changes"] += known and session["before"] != event.device
    session["end"], session["before"], session["exit"] = event.at, event.device, event.name
    session["events"] += 1
    session["purchases"] += event.purchase


def too_late(events: Iterable[Event], rules: Rules) -> set[int]:
    """Numbers of the events that lie more than `lateness` behind an earlier one of their user."""
    latest: dict[str, int] = {}
    late = set()
    for event in sorted(events, key=lambda e: e.number):
        if event.at < latest.get(event.user, BEFORE_ALL) - rules.lateness:
            late.add(event.number)
        latest[event.user] = max(event.at, latest.get(event.user, BEFORE_ALL))
    return late


@dataclass
class Machine:
    """Batches through `advance`, with the state and the rows that a store would have."""

    rules: Rules
    mode: Mode = "live"
    clock: int = BEFORE_ALL
    batches: int = 0

    def __post_init__(self) -> None:
        self.state: list[dict[str, Any]] = []
        self.rows: list[dict[str, Any]] = []
        self.aside: list[dict[str, Any]] = []
        self.stored: dict[Any, dict[str, Any]] = {}

    def batch(self, events: Iterable[Event], now: int | None = None) -> list[dict[str, Any]]:
        """One batch; the rows that it gives. Without `now` the clock is the latest event."""
        events = list(events)
        latest = max((e.at for e in events), default=BEFORE_ALL) if now is None else now
        now = max(self.clock, latest)
        rows = [*self.state, *(event.row() for event in events)]
        table = pa.Table.from_pylist(rows, schema=INPUT)
        outcome = advance(table, self.rules, Clock(self.clock, now), self.mode)
        self._keep(outcome.state.to_pylist(), now)
        self.aside += outcome.aside.to_pylist()
        given = outcome.rows.to_pylist()
        self.rows += given
        for row in given:
            self.store(row)
        return given

    def _keep(self, state: list[dict[str, Any]], now: int) -> None:
        self.clock = now
        self.state = [row | {"version": self.batches} for row in state]
        self.batches += 1

    def store(self, row: dict[str, Any]) -> None:
        """Keeps a row unless one of its key is there with as high a revision."""
        key: tuple[Any, ...] = (row["user_id"], row["start"])
        key += (row["key"],) if row["status"] == "event" else ()
        there = self.stored.get(key)
        if there is None or there["revision"] < row["revision"]:
            self.stored[key] = row

    def standing(self) -> dict[tuple[str, int], dict[str, Any]]:
        """What a store would hold of sessions, without the withdrawn ones."""
        return {key: row for key, row in self.stored.items() if row["status"] in ("open", "closed")}

    def sums(self) -> dict[tuple[str, int], dict[str, Any]]:
        """What stands, with what `sessions` tells of a session."""
        names = [*(name for name in ROWS.names if name in SEGMENT.names and name != "key")]
        return {key: {n: row[n] for n in names} for key, row in self.standing().items()}
