"""One record of a request as the item of its session; pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from catalog.columns import Column
from catalog.sessions import LAB_ROW, SESSION_ROW, STATUSES

_TYPES = {"string": str, "bigint": int, "boolean": bool}
_FOUND_CHARACTERS = 80


class RowError(ValueError):
    """Raised when a record is no session row; the message says what was found and is allowed."""


@dataclass(frozen=True)
class Session:
    """A row that may change the table. `item` has its columns, nulls left out."""

    user_id: str
    revision: int
    item: Mapping[str, Any]


def parse_record(record: Mapping[str, Any], time_to_live: timedelta) -> Session | None:
    """The session that a record speaks of; None when it is of an event inside a session.

    Attributes that the contract does not name are passed over.

    Raises:
        RowError: the record is unreadable or incomplete.
    """
    row = _row(record.get("data"))
    _check(row, LAB_ROW)
    if row.get("status") == "event" or row.get("session_time") is None:
        return None
    _check(row, SESSION_ROW)
    if row["status"] not in STATUSES:
        raise RowError(f"status is {_shown(row['status'])}; allowed are {', '.join(STATUSES)}")
    present = {name: row[name] for name in SESSION_ROW.names if row.get(name) is not None}
    expires_at = _epoch_seconds(row["started_at"]) + int(time_to_live.total_seconds())
    return Session(row["user_id"], row["revision"], present | {"expires_at": expires_at})


def _row(data: Any) -> dict[str, Any]:
    try:
        row = json.loads(base64.b64decode(data, validate=True))
    except (TypeError, ValueError, RecursionError) as error:
        raise RowError(f"data is {_shown(data)}; base64 of JSON is allowed ({error})") from error
    if not isinstance(row, dict):
        raise RowError(f"data holds {_shown(row)}; a JSON object is allowed")
    return row


def _check(row: Mapping[str, Any], columns: Iterable[Column]) -> None:
    """Raise unless the row has what is required, and every value is of its column's type."""
    missing = [each.name for each in columns if each.required and row.get(each.name) is None]
    if missing:
        raise RowError(f"no {', '.join(missing)}; got {sorted(row)}")
    for column in columns:
        value = row.get(column.name)
        if value is not None and type(value) is not _TYPES[column.type]:
            raise RowError(f"{column.name} is {_shown(value)}; a {column.type} is allowed")


def _epoch_seconds(started_at: str) -> int:
    try:
        start = datetime.fromisoformat(started_at)
    except ValueError as error:
        raise RowError(f"started_at is {_shown(started_at)}; ISO-8601 is allowed") from error
    return int((start if start.tzinfo else start.replace(tzinfo=UTC)).timestamp())


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _FOUND_CHARACTERS else f"{text[:_FOUND_CHARACTERS]}..."
