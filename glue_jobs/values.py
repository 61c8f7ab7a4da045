"""Items as rows: DynamoDB checks no types, so a value need not be what its column says."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from catalog.columns import Schema

_BITS: Final = {"int": 31, "bigint": 63}
_WHOLE: Final = re.compile(r"\s*[+-]?\d+\s*")


def fitted(item: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """The schema's columns of an item; a value that does not convert is None, as in a snapshot.

    Text of a whole number is a number, a number is a text, a fraction is cut: what `try_cast` does.
    """
    return {column.name: _fitted(item.get(column.name), column.type) for column in schema}


def _fitted(value: Any, kind: str) -> Any:
    if isinstance(value, list | dict | bytes | set) or value is None:
        return None
    if kind == "string":
        return _text(value)
    if kind in _BITS:
        return _whole(value, 2 ** _BITS[kind])
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _whole(value: Any, limit: int) -> int | None:
    if isinstance(value, str):
        value = int(value) if _WHOLE.fullmatch(value) else None
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    number = int(value)
    return number if -limit <= number < limit else None
