"""Times as text and back: UTC whatever time zone the session has."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

SECONDS = "yyyy-MM-dd'T'HH:mm:ss'Z'"
MILLISECONDS = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"


def milliseconds(duration: timedelta) -> int:
    """The duration in whole milliseconds."""
    return duration // timedelta(milliseconds=1)


def iso(epoch_ms: Column, pattern: str = SECONDS) -> Column:
    """ISO-8601 UTC text of epoch milliseconds; null of null."""
    instant = F.timestamp_millis(epoch_ms)
    return F.date_format(F.to_utc_timestamp(instant, F.current_timezone()), pattern)


def epoch_ms(text: Column) -> Column:
    """Epoch milliseconds of ISO-8601 text with its zone; null of what is none."""
    return F.unix_millis(F.try_to_timestamp(text))


def window_start(event_ms: Column, window: timedelta) -> Column:
    """Start of the event-time window that holds the instant, epoch milliseconds.

    Windows are aligned to 1970-01-01T00:00:00Z; an instant on a border opens the later one.
    """
    return event_ms - F.pmod(event_ms, F.lit(milliseconds(window)))
