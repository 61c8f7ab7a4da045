"""Option values as Glue scripts write them: text, bool, int or float, all alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pyspark_kinesis.errors import KinesisOptionError

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"(\d+)\s*(ms|s|m|h|)(?:ec|econd|in|inute|our)?s?", re.IGNORECASE)
_TRUE: Final = frozenset({"true", "1", "1.0", "yes"})
_FALSE: Final = frozenset({"false", "0", "0.0", "no"})

PositionKind = Literal["LATEST", "TRIM_HORIZON", "AT_TIMESTAMP"]


@dataclass(frozen=True)
class StartingPosition:
    """Where a query without a checkpoint starts; `timestamp` is in epoch seconds."""

    kind: PositionKind
    timestamp: float | None = None


def whole_number(option: str, value: Any, low: int, high: int | None = None) -> int:
    """`value` as an integer of `low` to `high`; 10, "10" and "10.0" are the same."""
    allowed = f"a whole number of at least {low}" + ("" if high is None else f", at most {high}")
    try:
        number = float(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError):
        number = None
    if number is None or not number.is_integer() or not low <= number <= (high or number):
        raise KinesisOptionError(option, value, allowed)
    return int(number)


def truth(option: str, value: Any) -> bool:
    """`value` as a bool; True, "true" and "1" are the same."""
    text = str(value).strip().lower()
    if text not in _TRUE | _FALSE:
        raise KinesisOptionError(option, value, ("true", "false"))
    return text in _TRUE


def seconds(option: str, value: Any) -> float:
    """`value` as seconds: "1s", "500 ms", "2 minutes"; a bare number counts milliseconds."""
    found = _DURATION.fullmatch(str(value).strip())
    if not found:
        raise KinesisOptionError(option, value, "a duration such as '1s', '500ms' or '2m'")
    return int(found[1]) * _SECONDS[found[2].lower() or "ms"]


def starting_position(option: str, value: Any) -> StartingPosition:
    """`value` as a position: latest, trim_horizon, earliest, or a time, in any case.

    A time is ISO 8601, UTC when it names no offset, with or without `AT_TIMESTAMP` before it.
    """
    text = str(value).strip().upper()
    if text == "LATEST":
        return StartingPosition("LATEST")
    if text in ("TRIM_HORIZON", "EARLIEST"):
        return StartingPosition("TRIM_HORIZON")
    try:
        moment = datetime.fromisoformat(text.removeprefix("AT_TIMESTAMP").strip())
    except ValueError:
        allowed = "latest, trim_horizon, earliest, or a time such as 2026-01-01T00:00:00Z"
        raise KinesisOptionError(option, value, allowed) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return StartingPosition("AT_TIMESTAMP", moment.timestamp())
