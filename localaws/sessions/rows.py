"""Rows of the table `sessions`, and which of them are new."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from catalog.sessions import SESSIONS
from localaws.clients import Clients
from localaws.tables import readable, scan

Row = dict[str, Any]
# `_HH:mm:ss`, the end of a session's id.
_TIME_LENGTH = 9


def read_sessions(clients: Clients) -> list[Row]:
    """Every row of the table, withdrawn ones too, by start.

    Raises:
        LocalCloudError: the table is not there, or nothing answers.
    """
    with readable(clients, SESSIONS.name):
        return by_start(scan(clients, SESSIONS.name))


def by_start(rows: Iterable[Row]) -> list[Row]:
    """The rows by start, then user."""
    return sorted(rows, key=lambda row: (row["started_at"], row["user_id"]))


def standing(rows: Iterable[Row]) -> list[Row]:
    """The rows of sessions that there are: not those that were withdrawn."""
    return [row for row in rows if row["status"] != "withdrawn"]


def key_of(row: Row) -> tuple[str, str]:
    """User and start: the key of a session."""
    return row["user_id"], row["started_at"]


def device_of(row: Row) -> str:
    """Device of the session's first event, from the session's id, `<user>_<device>_<HH:mm:ss>`."""
    device: str = row["session_id"][len(row["user_id"]) + 1 : -_TIME_LENGTH]
    return device


class RowFeed:
    """Gives a row when it is new, or when its revision is newer than the one given last.

    Args:
        seen: rows that are not given.
    """

    def __init__(self, seen: Iterable[Row] = ()) -> None:
        self._revisions = {key_of(row): row["revision"] for row in seen}

    def new(self, rows: Iterable[Row]) -> list[Row]:
        """The rows that were not given yet in this revision or a later one, in their order."""
        found = [row for row in rows if row["revision"] > self._last(row)]
        self._revisions |= {key_of(row): row["revision"] for row in found}
        return found

    def _last(self, row: Row) -> float:
        last: float = self._revisions.get(key_of(row), float("-inf"))
        return last
