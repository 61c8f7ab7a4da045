"""Attribute values of DynamoDB and the values of rows.

Source: the type mapping of Glue's DynamoDB connector: numbers without a fraction are long, others
double; sets arrive as arrays and go out as lists; a null attribute is left out.
"""

from __future__ import annotations

import base64
import datetime as dt
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from awsglue import gluetypes as G

from gluelocal.errors import DynamoDbItemError

ITEM_BYTES: Final = 400 * 1024
Encoder = Callable[[Any], dict[str, Any]]


def decode(attribute: Mapping[str, Any]) -> Any:
    """The value of an attribute in DynamoDB's JSON form, where binary is base64 text."""
    ((kind, value),) = attribute.items()
    return _DECODERS[kind](value)


def decode_item(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The record of an item: a NULL attribute is absent, as one that is missing."""
    return {name: decode(value) for name, value in item.items() if "NULL" not in value}


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        number = float(text)
        return int(number) if number.is_integer() and abs(number) < 2**63 else number


_DECODERS: Final[dict[str, Callable[[Any], Any]]] = {
    "S": str,
    "N": _number,
    "BOOL": bool,
    "NULL": lambda _: None,
    "B": base64.b64decode,
    "L": lambda parts: [decode(part) for part in parts],
    "M": decode_item,
    "SS": list,
    "NS": lambda parts: [_number(part) for part in parts],
    "BS": lambda parts: [base64.b64decode(part) for part in parts],
}


def item_encoder(schema: G.StructType) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """A function from a row, held as Spark holds it, to an item in DynamoDB's JSON form."""
    encoders = [(field.name, _encoder(field.dataType)) for field in schema]

    def encode(row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: encoder(row[name])
            for name, encoder in encoders
            if row[name] is not None and not _is_unset_choice(encoder, row[name])
        }

    return encode


def _encoder(data_type: G.DataType) -> Encoder:
    if isinstance(data_type, G.ChoiceType):
        return _ChoiceEncoder(data_type)
    if isinstance(data_type, G.StructType):
        encode = item_encoder(data_type)
        return lambda value: {"M": encode(value)}
    if isinstance(data_type, G.ArrayType):
        element = _or_null(_encoder(data_type.elementType))
        return lambda value: {"L": [element(part) for part in value]}
    if isinstance(data_type, G.MapType):
        return _map_encoder(_encoder(data_type.valueType))
    return _ATOMIC.get(type(data_type), lambda value: {"S": str(value)})


def _map_encoder(encode: Encoder) -> Encoder:
    def encode_map(value: Any) -> dict[str, Any]:
        pairs = value.items() if isinstance(value, dict) else value  # Arrow gives a map as pairs
        return {"M": {str(key): encode(part) for key, part in pairs if part is not None}}

    return encode_map


class _ChoiceEncoder:
    """Encodes the one member of a choice that is set."""

    def __init__(self, choice: G.ChoiceType) -> None:
        self._members = {name: _encoder(member) for name, member in choice.choices.items()}

    def is_unset(self, value: Mapping[str, Any]) -> bool:
        return all(value[name] is None for name in self._members)

    def __call__(self, value: Mapping[str, Any]) -> dict[str, Any]:
        for name, encode in self._members.items():
            if value[name] is not None:
                return encode(value[name])
        return {"NULL": True}


def _is_unset_choice(encoder: Encoder, value: Any) -> bool:
    return isinstance(encoder, _ChoiceEncoder) and encoder.is_unset(value)


def _or_null(encode: Encoder) -> Encoder:
    # A place in a list cannot be left out without moving the others.
    return lambda value: {"NULL": True} if value is None else encode(value)


def _float(value: float) -> dict[str, Any]:
    if not math.isfinite(value):
        raise DynamoDbItemError(
            f"{value} is no DynamoDB number; make it null, or leave the row out."
        )
    return {"N": str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)}


def _instant(value: dt.datetime) -> dict[str, Any]:
    return {"S": value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")}


_ATOMIC: Final[dict[type[G.DataType], Encoder]] = {
    G.BooleanType: lambda value: {"BOOL": value},
    **dict.fromkeys(
        (G.ByteType, G.ShortType, G.IntegerType, G.LongType), lambda value: {"N": str(value)}
    ),
    G.FloatType: _float,
    G.DoubleType: _float,
    G.DecimalType: lambda value: {"N": format(value, "f")},
    G.BinaryType: lambda value: {"B": base64.b64encode(value).decode("ascii")},
    G.DateType: lambda value: {"S": value.isoformat()},
    G.TimestampType: _instant,
    G.TimestampNTZType: lambda value: {"S": value.isoformat()},
}


def size_of(attribute: Mapping[str, Any]) -> int:
    """Bytes that DynamoDB counts for a value.

    Source: Amazon DynamoDB developer guide, "DynamoDB item sizes and formats".
    """
    ((kind, value),) = attribute.items()
    if kind == "S":
        return len(value.encode())
    if kind == "N":
        return len(value.strip("-").replace(".", "")) // 2 + 2
    if kind == "B":
        return len(value) * 3 // 4
    if kind == "L":
        return 3 + sum(1 + size_of(part) for part in value)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + size_of(part) for name, part in value.items())
    return 1


def item_size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Bytes that DynamoDB counts for an item."""
    return sum(len(name.encode()) + size_of(value) for name, value in item.items())
