"""Rows and records of a site, by seconds since 2026-01-01T09:30:00Z."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.anomaly_notifier.record import Row
from lambdas.anomaly_notifier.times import time_text

START = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
WINDOW: dict[str, Any] = {
    "site": "shop",
    "clicks": 12,
    "impressions": 1000,
    "CTRPERCENT": 1.2,
    "ANOMALY_SCORE": None,
    "score_share": None,
    "attribution_high": None,
    "attribution_low": None,
    "expected_percent": 4.8123,
    "expected_low_percent": 4.1,
    "expected_high_percent": 5.5,
    "evidence": -6.0,
    "evidence_seconds": 300,
    "side": "clicks",
    "direction": "down",
    "is_anomaly": True,
    "severity": 6.0,
}


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def text(seconds: float) -> str:
    return time_text(at(seconds))


def anomaly(seconds: float = 0, **overrides: Any) -> dict[str, Any]:
    """An anomalous window of 10 s, as the job writes its row."""
    times = {"window_start": text(seconds), "window_end": text(seconds + 10)}
    status = {"status": "anomaly", "cleared_at": None, "cleared_because": None}
    return WINDOW | times | status | overrides


def cleared(seconds: float, cleared_at: float, **overrides: Any) -> dict[str, Any]:
    """That the site is usual again after the window."""
    end = {"status": "cleared", "cleared_at": text(cleared_at), "cleared_because": "usual"}
    return anomaly(seconds) | end | overrides


def encoded(content: Any, record_id: str = "row-1") -> dict[str, Any]:
    """A record of a request with this data: bytes as they are, else as JSON."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return {
        "recordId": record_id,
        "lambdaDeliveryRecordMetadata": {"retryHint": 0},
        "data": base64.b64encode(data).decode(),
    }


def records(*rows: Any) -> list[dict[str, Any]]:
    """Records `row-1`, `row-2`, ... of these rows."""
    return [encoded(row, f"row-{number}") for number, row in enumerate(rows, start=1)]


def window(seconds: float = 0, severity: float = 6.0, **overrides: Any) -> Row:
    """An anomalous window, parsed."""
    given: dict[str, Any] = {
        "site": "shop",
        "window_start": at(seconds),
        "window_end": at(seconds + 10),
        "severity": severity,
        "direction": "down",
        "side": "clicks",
        "clicks": 12,
        "impressions": 1000,
        "expected_percent": 4.8123,
        "expected_low_percent": 4.1,
        "expected_high_percent": 5.5,
        "evidence_seconds": 300,
    }
    return Row(**given | overrides)


def end(seconds: float, cleared_at: float, because: str | None = "usual") -> Row:
    """That the alarm ended, parsed."""
    return window(seconds, cleared_at=at(cleared_at), cleared_because=because)
