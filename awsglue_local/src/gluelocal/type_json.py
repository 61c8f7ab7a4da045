"""Record types out of their JSON form, in which they travel to the executors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from awsglue import gluetypes as G

_ATOMIC: Final[dict[str, type[G.AtomicType]]] = {
    cls.typeName(): cls
    for cls in (
        G.BinaryType,
        G.BooleanType,
        G.ByteType,
        G.DateType,
        G.DoubleType,
        G.FloatType,
        G.IntegerType,
        G.LongType,
        G.NullType,
        G.ShortType,
        G.StringType,
        G.TimestampType,
        G.TimestampNTZType,
        G.UnknownType,
    )
}

_COMPOSITE: Final[dict[str, Callable[[Any], G.DataType]]] = {
    "array": lambda j: G.ArrayType(from_json_value(j["elementType"])),
    "set": lambda j: G.SetType(from_json_value(j["elementType"])),
    "map": lambda j: G.MapType(from_json_value(j["valueType"])),
    "choice": lambda j: G.ChoiceType(from_json_value(c) for c in j["choices"]),
    "enum": lambda j: G.EnumType(j["options"]),
    "decimal": lambda j: G.DecimalType(j.get("precision", 10), j.get("scale", 2)),
    "struct": lambda j: G.StructType(
        [
            G.Field(f["name"], from_json_value(f["container"]), f.get("properties"))
            for f in j.get("fields", [])
        ]
    ),
}


def from_json_value(value: Any) -> G.DataType:
    """The type whose `jsonValue` is `value`. Raises ValueError on a type it does not know."""
    name = value["dataType"]
    if name in _ATOMIC:
        return _ATOMIC[name](value.get("properties"))
    if name in _COMPOSITE:
        return _COMPOSITE[name](value)
    raise ValueError(f"{name!r} is no type; use one of {sorted([*_ATOMIC, *_COMPOSITE])}.")


def struct_from_json(text: str) -> G.StructType:
    """The record type whose `json()` is `text`."""
    found = from_json_value(json.loads(text))
    if not isinstance(found, G.StructType):
        raise TypeError(f"rows are records, not {found.typeName()}")
    return found
