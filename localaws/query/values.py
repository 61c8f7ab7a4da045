"""Items of DynamoDB, and other self-describing records, as columns of declared types."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from decimal import Context, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

# The most digits that a decimal type has.
_EXACT = Context(prec=38)


class Unfit(ValueError):  # noqa: N818 - a signal within this package
    """Raised when a value is not of the type that its column has."""


def table_of(
    records: Iterable[Mapping[str, Any]], schema: pa.Schema
) -> tuple[pa.Table, Counter[str]]:
    """The records as a table; names are compared in lower case, as the Data Catalog has them.

    Returns:
        The table, and by column how many values are not of its type: these are null in it.
    """
    columns: dict[str, list[Any]] = {field.name: [] for field in schema}
    unfit: Counter[str] = Counter()
    for record in records:
        lower = {key.lower(): value for key, value in record.items()}
        for field in schema:
            try:
                columns[field.name].append(fitted(lower.get(field.name), field.type))
            except Unfit:
                columns[field.name].append(None)
                unfit[field.name] += 1
    return pa.table(columns, schema=schema), unfit


def fitted(value: Any, kind: pa.DataType) -> Any:
    """The value as Arrow takes it for a column of that type; text takes anything, as JSON.

    Raises:
        Unfit: it is of another type, or out of its range.
    """
    if value is None:
        return None
    if pa.types.is_string(kind):
        plain = isinstance(value, str | Decimal)
        return str(value) if plain else json.dumps(value, default=_json_text)
    for holds, fit in _FITS:
        if holds(kind):
            return fit(value, kind)
    raise Unfit


def _json_text(value: Any) -> Any:
    if isinstance(value, Decimal):
        near = float(value)
        return near if Decimal(str(near)) == value else str(value)
    return sorted(value, key=str) if isinstance(value, set) else str(value)


def _boolean(value: Any, _: pa.DataType) -> bool:
    if not isinstance(value, bool):
        raise Unfit
    return value


def _integer(value: Any, kind: pa.DataType) -> int:
    limit = 2 ** (kind.bit_width - 1)
    if isinstance(value, bool) or not isinstance(value, int) or not -limit <= value < limit:
        raise Unfit
    return value


def _number(value: Any, _: pa.DataType) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Unfit
    try:
        return float(value)
    except OverflowError as error:
        raise Unfit from error


def _decimal(value: Any, kind: pa.DataType) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Unfit
    exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    try:
        found = exact.quantize(Decimal(1).scaleb(-kind.scale), context=_EXACT)
    except InvalidOperation as error:
        raise Unfit from error
    if not found.is_finite() or found.adjusted() >= kind.precision - kind.scale:
        raise Unfit
    return found


def _date(value: Any, _: pa.DataType) -> dt.date:
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Unfit from error


def _timestamp(value: Any, _: pa.DataType) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Unfit from error
    return found.astimezone(dt.UTC).replace(tzinfo=None) if found.tzinfo else found


def _binary(value: Any, _: pa.DataType) -> bytes:
    if not isinstance(value, bytes):
        raise Unfit
    return value


def _list(value: Any, kind: pa.DataType) -> list[Any]:
    if not isinstance(value, list | set):
        raise Unfit
    ordered = sorted(value) if isinstance(value, set) else value
    return [fitted(part, kind.value_type) for part in ordered]


def _map(value: Any, kind: pa.DataType) -> list[tuple[Any, Any]]:
    if not isinstance(value, dict):
        raise Unfit
    return [(fitted(k, kind.key_type), fitted(v, kind.item_type)) for k, v in value.items()]


def _struct(value: Any, kind: pa.DataType) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unfit
    lower = {key.lower(): part for key, part in value.items()}
    return {field.name: fitted(lower.get(field.name), field.type) for field in kind}


_FITS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Any], Any]], ...] = (
    (pa.types.is_boolean, _boolean),
    (pa.types.is_integer, _integer),
    (pa.types.is_floating, _number),
    (pa.types.is_decimal, _decimal),
    (pa.types.is_date, _date),
    (pa.types.is_timestamp, _timestamp),
    (pa.types.is_binary, _binary),
    (pa.types.is_list, _list),
    (pa.types.is_map, _map),
    (pa.types.is_struct, _struct),
)
