"""Types of records that describe themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import reduce
from typing import Any, Final

from awsglue import gluetypes as G

_INT32: Final = range(-(2**31), 2**31)


def type_of(value: Any) -> G.DataType:
    """The record type of a Python value. Raises TypeError on one that no record can hold.

    Integers are `int` when they fit 32 bits, else `long`, as Glue's JSON reader types them.
    """
    if isinstance(value, dict):
        return G.StructType([G.Field(str(k), type_of(v)) for k, v in value.items()])
    if isinstance(value, list | tuple | set | frozenset):
        return G.ArrayType(merged(map(type_of, value)))
    for cls, make in _BY_CLASS:
        if isinstance(value, cls):
            return make(value)
    raise TypeError(f"{type(value).__name__} is no type of a record: {value!r}")


_BY_CLASS: Final[tuple[tuple[type, Callable[[Any], G.DataType]], ...]] = (
    (type(None), lambda _: G.NullType()),
    (bool, lambda _: G.BooleanType()),
    (int, lambda v: G.IntegerType() if v in _INT32 else G.LongType()),
    (float, lambda _: G.DoubleType()),
    (str, lambda _: G.StringType()),
    (bytes, lambda _: G.BinaryType()),
    (bytearray, lambda _: G.BinaryType()),
    (Decimal, lambda v: _decimal(v)),
    (dt.datetime, lambda _: G.TimestampType()),
    (dt.date, lambda _: G.DateType()),
)


def _decimal(value: Decimal) -> G.DecimalType:
    exponent = value.as_tuple().exponent
    return G.DecimalType(38, min(38, max(0, -exponent if isinstance(exponent, int) else 0)))


def merged(types: Iterable[G.DataType]) -> G.DataType:
    """One type for all: a choice where they differ."""
    nothing: G.DataType = G.UnknownType()
    return reduce(G.mergeDataTypes, types, nothing)


def merged_struct(types: Iterable[G.DataType]) -> G.StructType:
    """One record type for all; without records, one without fields."""
    found = merged(types)
    return found if isinstance(found, G.StructType) else G.StructType()


def shapes(records: Iterable[dict[str, Any]]) -> G.StructType:
    """The merged type of many records; those of the same flat shape are looked at once."""
    seen: dict[tuple[Any, ...], G.DataType] = {}
    for record in records:
        key = tuple((name, _shape(value)) for name, value in record.items())
        if key not in seen:
            seen[key] = type_of(record)
    return merged_struct(seen.values())


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return dict, tuple((name, _shape(part)) for name, part in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return list, tuple(_shape(part) for part in value)
    if type(value) is int:
        return value in _INT32
    if isinstance(value, Decimal):
        return value.as_tuple().exponent
    return type(value)


def widened(inferred: G.DataType, source: G.DataType | None) -> G.DataType:
    """`inferred` with integers as `long`, save where the field was a narrower one before."""
    if isinstance(inferred, G.ChoiceType):
        choice = G.ChoiceType(widened(member, None) for member in inferred.choices.values())
        return next(iter(choice.choices.values())) if len(choice.choices) == 1 else choice
    if isinstance(inferred, G.StructType):
        known = source.field_map if isinstance(source, G.StructType) else {}
        return G.StructType(
            [
                G.Field(f.name, widened(f.dataType, known[f.name].dataType if f.name in known
                                        else None))
                for f in inferred
            ]
        )  # fmt: skip
    if isinstance(inferred, G.ArrayType):
        element = source.elementType if isinstance(source, G.ArrayType) else None
        return G.ArrayType(widened(inferred.elementType, element))
    return _widened_atom(inferred, source)


def _widened_atom(inferred: G.DataType, source: G.DataType | None) -> G.DataType:
    if isinstance(inferred, G.IntegerType):
        narrow = isinstance(source, G.IntegerType | G.ShortType | G.ByteType)
        return source if narrow and source else G.LongType()
    if isinstance(inferred, G.DoubleType) and isinstance(source, G.FloatType):
        return source
    if isinstance(inferred, G.NullType) and source is not None:
        return source
    return inferred
