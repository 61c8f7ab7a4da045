"""Rows as DynamoDB's items and back; pure. Times are text, nulls are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from catalog.ctr import INCIDENTS
from lambdas.anomaly_notifier.alerts import Alert
from lambdas.anomaly_notifier.incidents import Incident
from lambdas.anomaly_notifier.times import parse_time, time_text

Item = dict[str, Any]

_LEAST = 1e-130  # DynamoDB keeps no smaller number
_WHOLE = {column.name for column in INCIDENTS.schema if column.type == "bigint"}
_TIMES = {
    "at",
    "last_window_end",
    "last_window_start",
    "peak_window_start",
    "resolved_at",
    "told_at",
    "unusual_since",
}


def item_of(row: Mapping[str, Any]) -> Item:
    """The row as attribute values."""
    plain = {name: _plain(value) for name, value in row.items() if value is not None}
    return dict(TypeSerializer().serialize(plain)["M"])


def incident_row(incident: Incident, time_to_live: timedelta) -> dict[str, Any]:
    """The incident's columns with nulls; it stays for the time to live from its last window."""
    row = vars(incident) | {"incident_id": incident.incident_id, "status": incident.status}
    del row["started_at"]
    return row | {"expires_at": expires_at(incident.last_window_end, time_to_live)}


def alert_item(alert: Alert, time_to_live: timedelta) -> Item:
    """The message, which stays for the time to live from its event time."""
    return item_of(vars(alert) | {"expires_at": expires_at(alert.at, time_to_live)})


def incident_from(item: Item) -> Incident:
    """The incident of an item; attributes that we do not know are passed over."""
    row = _row(item)
    row["started_at"] = parse_time(row["incident_id"])
    return Incident(**_fields(Incident, row))


def alert_from(item: Item) -> Alert:
    """The message of an item, likewise."""
    return Alert(**_fields(Alert, _row(item)))


def expires_at(start: datetime, time_to_live: timedelta) -> int:
    """Epoch seconds at which what began then may go."""
    return int(start.timestamp() + time_to_live.total_seconds())


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if abs(value) >= _LEAST else Decimal(0)
    return value


def _fields(kind: type[Incident | Alert], row: Mapping[str, Any]) -> dict[str, Any]:
    return {field.name: row.get(field.name) for field in fields(kind)}


def _row(item: Item) -> dict[str, Any]:
    plain = TypeDeserializer().deserialize
    return {name: _value(name, plain(value)) for name, value in item.items()}


def _value(name: str, value: Any) -> Any:
    if name in _TIMES:
        return parse_time(value)
    if isinstance(value, Decimal):
        return int(value) if name in _WHOLE else float(value)
    return value
