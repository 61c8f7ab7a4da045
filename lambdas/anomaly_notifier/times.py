"""Event times: aware, UTC, whole milliseconds; as text ISO-8601, which sorts as the times do."""

from __future__ import annotations

from datetime import UTC, datetime


def time_text(at: datetime) -> str:
    """Such as `2026-01-01T09:30:00.000Z`."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """The time; one without an offset is UTC, what is finer than a millisecond is cut.

    Raises:
        ValueError: the text is not ISO-8601, or the time is out of range.
    """
    found = datetime.fromisoformat(text)
    try:
        at = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of range") from error
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
