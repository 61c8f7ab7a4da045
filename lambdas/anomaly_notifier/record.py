"""One record of a request as the anomaly that it speaks of; pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from catalog.columns import Column
from catalog.ctr import (
    ANOMALY_ROW,
    CLEARED_BECAUSE,
    DIRECTIONS,
    LAB_KEYS,
    SIDES,
    STATUSES,
)
from lambdas.anomaly_notifier.times import parse_time, time_text

ANOMALY, CLEARED = STATUSES

_TYPES = {"string": (str,), "bigint": (int,), "double": (int, float), "boolean": (bool,)}
_LARGEST: dict[str, int | float] = {"bigint": 2**63 - 1, "double": 1e125}  # DynamoDB keeps both
_WORDS = {
    "status": STATUSES,
    "cleared_because": CLEARED_BECAUSE,
    "side": SIDES,
    "direction": DIRECTIONS,
}
_SITE_BYTES = 2048  # DynamoDB's limit of a partition key
_FOUND_CHARACTERS = 80


class RowError(ValueError):
    """Raised when a record is no anomaly row; the message says what was found and is allowed."""


@dataclass(frozen=True)
class Row:
    """An anomalous window of a site, or that its alarm ended after it.

    The fields are columns of `catalog.ctr.ANOMALY_ROW`; `columns` has all that are not null.
    """

    site: str
    window_start: datetime
    window_end: datetime
    severity: float
    direction: str | None = None
    side: str | None = None
    clicks: int = 0
    impressions: int = 0
    ctr_percent: float | None = None
    expected_percent: float | None = None
    expected_low_percent: float | None = None
    expected_high_percent: float | None = None
    evidence_seconds: int | None = None
    cleared_at: datetime | None = None
    cleared_because: str | None = None
    columns: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def status(self) -> str:
        """`anomaly` or `cleared`."""
        return ANOMALY if self.cleared_at is None else CLEARED

    @property
    def at(self) -> datetime:
        """Event time of what the row says: when the window was whole, or the alarm ended."""
        return self.cleared_at or self.window_end

    @property
    def prefix(self) -> str:
        """What the ids of its messages begin with."""
        return f"{time_text(self.at)}#"

    @property
    def seen_percent(self) -> float | None:
        """Clicks / impressions x 100: 0 without clicks, None without impressions."""
        return self.clicks / self.impressions * 100 if self.impressions else None


def parse_record(record: Mapping[str, Any]) -> Row:
    """The row that a record carries, with what an incident is judged by.

    Raises:
        RowError: the record is unreadable or incomplete.
    """
    row = parse_row(decode(record))
    if row.status == ANOMALY and row.direction is None:
        raise RowError(f"no direction of an anomaly; got {sorted(row.columns)}")
    if row.status == ANOMALY and not row.severity > 0:
        raise RowError(f"severity is {_shown(row.severity)}; above 0 is allowed of an anomaly")
    return row


def decode(record: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object that a record carries.

    Raises:
        RowError: there is none.
    """
    data = record.get("data")
    try:
        row = json.loads(base64.b64decode(data or b"", validate=True))
        json.dumps(row, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (TypeError, ValueError, RecursionError) as error:
        raise RowError(f"data is {_shown(data)}; base64 of JSON is allowed ({error})") from error
    if not isinstance(row, dict):
        raise RowError(f"data holds {_shown(row)}; a JSON object is allowed")
    return row


def parse_row(row: Mapping[str, Any]) -> Row:
    """The row, with all columns that the contract requires; what it does not name is passed over.

    Raises:
        RowError: it breaks the contract.
    """
    columns = present(row, ANOMALY_ROW, ANOMALY_ROW.required)
    _check_words(columns)
    if (columns["status"] == CLEARED) is not ("cleared_at" in columns):
        raise RowError(f"cleared_at is {_shown(columns.get('cleared_at'))}; set when cleared alone")
    times = {name: _time(columns, name) for name in _TIMES if name in columns}
    if not times["window_start"] < times["window_end"]:
        raise RowError(f"window_end is {_shown(columns['window_end'])}; after window_start")
    texts = {name: time_text(at) for name, at in times.items()}
    fields: dict[str, Any] = {name: columns[name] for name in _SAME if name in columns} | times
    return Row(**fields, columns=columns | texts)


def present(
    row: Mapping[str, Any], columns: Iterable[Column], required: Iterable[str]
) -> dict[str, Any]:
    """The columns that are not null, by their own names; their types are checked.

    Raises:
        RowError: one that is required is missing, or a value is not of its column's type.
    """
    keys = {column.name: LAB_KEYS.get(column.name, column.name) for column in columns}
    missing = [keys[name] for name in required if row.get(keys[name]) is None]
    if missing:
        raise RowError(f"no {', '.join(missing)}; got {sorted(row)}")
    found = {column: row.get(keys[column.name]) for column in columns}
    return {
        column.name: _value(column, keys[column.name], value)
        for column, value in found.items()
        if value is not None
    }


def _value(column: Column, key: str, value: Any) -> Any:
    largest = _LARGEST.get(column.type)
    if type(value) not in _TYPES[column.type]:
        raise RowError(f"{key} is {_shown(value)}; a {column.type} is allowed")
    if largest is not None and not -largest <= value <= largest:  # nor NaN
        raise RowError(f"{key} is {_shown(value)}; up to {largest:g} is allowed")
    return value


def _check_words(columns: Mapping[str, Any]) -> None:
    for name, words in _WORDS.items():
        if name in columns and columns[name] not in words:
            raise RowError(f"{name} is {_shown(columns[name])}; allowed are {', '.join(words)}")
    if not 0 < len(columns["site"].encode()) <= _SITE_BYTES:
        raise RowError(f"site is {_shown(columns['site'])}; 1 to {_SITE_BYTES} bytes are allowed")


def _time(columns: Mapping[str, Any], name: str) -> datetime:
    try:
        return parse_time(columns[name])
    except ValueError as error:
        raise RowError(f"{name} is {_shown(columns[name])}; ISO-8601 is allowed") from error


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _FOUND_CHARACTERS else f"{text[:_FOUND_CHARACTERS]}..."


_TIMES = ("window_start", "window_end", "cleared_at")
_SAME = [each for each in Row.__dataclass_fields__ if each not in (*_TIMES, "columns")]
