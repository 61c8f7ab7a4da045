"""Types of the Data Catalog, which are Hive's, as Arrow types and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from localaws.errors import LocalCloudError
from localaws.hive_kinds import split_parts

_ATOMS: dict[str, pa.DataType] = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "binary": pa.binary(),
}
_SPELLINGS = {
    "byte": "tinyint",
    "short": "smallint",
    "integer": "int",
    "long": "bigint",
    "char": "string",
    "varchar": "string",
}
_DECIMAL = re.compile(r"(?:decimal|numeric)(?:\((\d+)(?:,\s*(\d+))?\))?")


def arrow_type(text: str) -> pa.DataType:
    """The Arrow type of a column's type, such as `array<struct<sku:string>>`; a set is a list.

    Raises:
        LocalCloudError: `text` is no Hive type.
    """
    found = text.strip().lower()
    name, bracket, rest = found.partition("<")
    if bracket and rest.endswith(">"):
        return _nested(name.strip(), rest[:-1], text)
    decimal = _DECIMAL.fullmatch(found)
    if decimal:
        return pa.decimal128(int(decimal[1] or 10), int(decimal[2] or 0))
    atom = re.sub(r"\(\d+\)$", "", found)
    if atom not in _ATOMS and atom not in _SPELLINGS:
        raise LocalCloudError(
            f"column type {text!r}: not known; a type is one of {', '.join(sorted(_ATOMS))},"
            " decimal(p,s), array<...>, map<...> or struct<...>"
        )
    return _ATOMS[_SPELLINGS.get(atom, atom)]


def _nested(name: str, inner: str, text: str) -> pa.DataType:
    parts = split_parts(inner)
    if name in ("array", "set") and len(parts) == 1:
        return pa.list_(arrow_type(parts[0]))
    if name == "map" and len(parts) == 2:
        return pa.map_(arrow_type(parts[0]), arrow_type(parts[1]))
    if name == "struct":
        named = [part.partition(":") for part in parts]
        return pa.struct([(field.strip(" `"), arrow_type(kind)) for field, _, kind in named])
    raise LocalCloudError(f"column type {text!r}: {name}<{inner}> is no Hive type")


# The first test that holds names the type; unsigned numbers take the next wider type, as in Spark.
_HIVE: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_int8, "tinyint"),
    (lambda t: pa.types.is_int16(t) or pa.types.is_uint8(t), "smallint"),
    (lambda t: pa.types.is_int32(t) or pa.types.is_uint16(t), "int"),
    (lambda t: pa.types.is_int64(t) or pa.types.is_uint32(t), "bigint"),
    (pa.types.is_uint64, "decimal(20,0)"),
    (lambda t: pa.types.is_float32(t) or pa.types.is_float16(t), "float"),
    (pa.types.is_float64, "double"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
    (lambda t: pa.types.is_binary(t) or pa.types.is_large_binary(t), "binary"),
    (pa.types.is_fixed_size_binary, "binary"),
)


def hive_of(kind: pa.DataType) -> str:
    """The Hive type of an Arrow type; `string` for what Hive has no type for, as a time of day."""
    if pa.types.is_dictionary(kind):
        return hive_of(kind.value_type)
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_map(kind):
        return f"map<{hive_of(kind.key_type)},{hive_of(kind.item_type)}>"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return f"array<{hive_of(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{','.join(f'{f.name.lower()}:{hive_of(f.type)}' for f in kind)}>"
    return next((name for holds, name in _HIVE if holds(kind)), "string")
