"""Rows of the table `sessions`: a base row, and each case what differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Row = dict[str, Any]
CLOSED: Row = {
    "user_id": "u1",
    "session_id": "u1_mobile_10:00:00",
    "session_time": "10:00:00",
    "latest_time": "10:00:30",
    "started_at": "2026-01-01T10:00:00.000Z",
    "revision": 1,
    "status": "closed",
    "ended_at": "2026-01-01T10:00:30.000Z",
    "events": 3,
    "duration_ms": 30_000,
    "entry_page": "home",
    "exit_page": "cart",
    "device_changes": 0,
    "purchases": 0,
    "converted": False,
    "expires_at": 1_900_000_000,
}
ONLY_CLOSED = (
    "ended_at",
    "events",
    "duration_ms",
    "exit_page",
    "device_changes",
    "purchases",
    "converted",
)


@pytest.fixture
def closed() -> Callable[..., Row]:
    """A closed session, and what differs."""
    return lambda **changes: {**CLOSED, **changes}


@pytest.fixture
def opened() -> Callable[..., Row]:
    """An open session: what is known at its end is not there."""
    base = {key: value for key, value in CLOSED.items() if key not in ONLY_CLOSED}
    return lambda **changes: {**base, "status": "open", **changes}
