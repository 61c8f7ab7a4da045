"""Rows of `ctr_windows` and `incidents`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from catalog.ctr import CTR_WINDOWS, INCIDENTS
from localaws.clients import Clients
from localaws.tables import readable, scan

Row = dict[str, Any]


def read_windows(clients: Clients) -> list[Row]:
    """Every judged window, by start, then site.

    Raises:
        LocalCloudError: the table is not there, or nothing answers.
    """
    with readable(clients, CTR_WINDOWS.name):
        return by_start(scan(clients, CTR_WINDOWS.name))


def read_incidents(clients: Clients) -> list[Row]:
    """Every incident, by start, then site.

    Raises:
        LocalCloudError: as `read_windows`.
    """
    with readable(clients, INCIDENTS.name):
        found = list(scan(clients, INCIDENTS.name))
    return sorted(found, key=lambda row: (row["incident_id"], row["site"]))


def by_start(rows: Iterable[Row]) -> list[Row]:
    """Windows by start, then site."""
    return sorted(rows, key=lambda row: (row["window_start"], row["site"]))


def key_of(row: Row) -> tuple[str, str]:
    """Site and start: the key of a window."""
    return row["site"], row["window_start"]


def to_millis(text: str) -> int:
    """An ISO-8601 time of a table as epoch milliseconds."""
    return round(datetime.fromisoformat(text).timestamp() * 1_000)


def to_text(millis: int) -> str:
    """Epoch milliseconds as the tables write a time."""
    moment = datetime.fromtimestamp(millis / 1_000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
