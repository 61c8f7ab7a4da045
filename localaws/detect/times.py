"""Times of a series as they are written: ISO-8601, or a number since 1970."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

ALLOWED: Final = "ISO-8601, 'YYYY-MM-DD HH:MM:SS', or seconds or milliseconds since 1970"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# Of seconds, this is the year 5138; of milliseconds, 1973.
_FIRST_MILLISECONDS: Final = 1e11
_LAST: Final = 1e16


def microseconds(value: Any) -> int | None:
    """Microseconds since 1970, UTC unless it says otherwise; None of what is no time."""
    text = str(value).strip()
    found = _of_date(text) if "-" in text or ":" in text else None
    return _of_number(text) if found is None else found


def _of_date(text: str) -> int | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return ((found if found.tzinfo else found.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def _of_number(text: str) -> int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number) or abs(number) >= _LAST:
        return None
    return round(number * (1e3 if abs(number) >= _FIRST_MILLISECONDS else 1e6))
