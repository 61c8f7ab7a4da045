"""Windows, incidents and messages of click-through rates: a base, and each case what differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Row = dict[str, Any]
WINDOW: Row = {
    "site": "www.example.com",
    "window_start": "2026-01-01T10:00:00.000Z",
    "window_end": "2026-01-01T10:00:10.000Z",
    "clicks": 10,
    "impressions": 10,
    "ctr_percent": 100,
    "anomaly_score": 0.8,
    "is_anomaly": False,
}
INCIDENT: Row = {
    "site": "www.example.com",
    "incident_id": "2026-01-01T10:05:00.000Z",
    "status": "resolved",
    "revision": 3,
    "last_window_start": "2026-01-01T10:05:10.000Z",
    "last_window_end": "2026-01-01T10:05:20.000Z",
    "resolved_at": "2026-01-01T10:06:20.000Z",
    "windows": 2,
    "direction": "up",
    "peak_severity": 9.5,
    "peak_percent": 400,
    "peak_window_start": "2026-01-01T10:05:00.000Z",
    "expected_percent": 100,
    "messages": 2,
    "held": 0,
}
MESSAGE: Row = {
    "sent_at": "2026-01-01T10:05:14.000Z",
    "at": "2026-01-01T10:05:10.000Z",
    "kind": "opened",
    "site": "www.example.com",
    "incident_id": "2026-01-01T10:05:00.000Z",
    "message_id": "2026-01-01T10:05:10.000Z#opened#2026-01-01T10:05:00.000Z",
    "subject": "Click-through rate up on www.example.com",
    "text": "CTR 400 %\nexpected 100 %",
    "sms": "www.example.com: CTR 400 %",
    "sns_message_id": "m-1",
}
Make = Callable[..., Row]


@pytest.fixture
def window() -> Make:
    """A window of a site, and what differs."""
    return lambda **changes: {**WINDOW, **changes}


@pytest.fixture
def incident() -> Make:
    """An incident, and what differs."""
    return lambda **changes: {**INCIDENT, **changes}


@pytest.fixture
def message() -> Make:
    """A message as the mailbox keeps it, and what differs."""
    return lambda **changes: {**MESSAGE, **changes}
