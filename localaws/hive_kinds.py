"""Types of JSON values and of items as the Data Catalog names them, and one type for many values.

Kinds form a lattice: `merged` gives the narrowest kind that takes both, whatever the order. Above
all stands `string`, which a reader of JSON makes of anything; below all `nothing`, that of null.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any

_NUMBERS = ("int", "bigint", "double")
_INT, _BIGINT = range(-(2**31), 2**31), range(-(2**63), 2**63)


@dataclass(frozen=True)
class Kind:
    """A type: an atom, an array or a set with its element, or a struct with its fields by name."""

    name: str
    element: Kind | None = None
    fields: tuple[tuple[str, Kind], ...] = ()


NOTHING, BOOLEAN, STRING = Kind("nothing"), Kind("boolean"), Kind("string")
BINARY = Kind("binary")
INT, BIGINT, DOUBLE = (Kind(name) for name in _NUMBERS)


def kind_of(value: Any) -> Kind:
    """The kind of a value as `json` reads it, or DynamoDB's set or bytes.

    The catalog lower-cases names, so does this.
    """
    if isinstance(value, dict):
        return _struct((key.lower(), kind_of(part)) for key, part in value.items())
    if isinstance(value, list | set):
        name = "array" if isinstance(value, list) else "set"
        return Kind(name, merged_all(map(kind_of, value)))
    if value is None:
        return NOTHING
    if isinstance(value, bool | bytes):
        return BOOLEAN if isinstance(value, bool) else BINARY
    if isinstance(value, int):
        return INT if value in _INT else BIGINT if value in _BIGINT else STRING
    return DOUBLE if isinstance(value, float | Decimal) else STRING


def merged(one: Kind, other: Kind) -> Kind:
    """The narrowest kind that takes the values of both."""
    if NOTHING in (one, other) or one == other:
        return one if other == NOTHING else other
    if one.name == other.name and one.element and other.element:
        return Kind(one.name, merged(one.element, other.element))
    if one.name == other.name == "struct":
        return _struct((*one.fields, *other.fields))
    if one.name in _NUMBERS and other.name in _NUMBERS:
        return max(one, other, key=lambda kind: _NUMBERS.index(kind.name))
    return STRING


def merged_all(kinds: Iterable[Kind]) -> Kind:
    """The narrowest kind that takes them all."""
    return reduce(merged, kinds, NOTHING)


def accepts(kind: Kind, value: Any) -> bool:
    """Whether a column of that kind takes the value."""
    return merged(kind, kind_of(value)) == kind


def hive_type(kind: Kind, whole: str = "bigint") -> str:
    """The type as the catalog writes it: small numbers as `whole`, what is not known as `string`.

    A struct that the catalog cannot write is a `string` too: one without fields, or with a name
    that is none there.
    """
    if kind.element is not None:
        return f"{kind.name}<{hive_type(kind.element, whole)}>"
    if kind.name == "struct" and kind.fields and all(map(is_name, dict(kind.fields))):
        parts = (f"{name}:{hive_type(part, whole)}" for name, part in kind.fields)
        return f"struct<{','.join(parts)}>"
    return {"int": whole, "nothing": "string", "struct": "string"}.get(kind.name, kind.name)


def is_name(name: str) -> bool:
    """Whether the catalog takes the name, in lower case."""
    return name.isidentifier()


def parse_hive(text: str) -> Kind | None:
    """The kind of a type as the catalog writes it; None of one that JSON values do not have."""
    found = text.strip().lower()
    if found.startswith(("array<", "set<")):
        name, _, inner = found.partition("<")
        element = parse_hive(inner[:-1])
        return element and Kind(name, element)
    if found.startswith("struct<"):
        parts = [part.partition(":") for part in split_parts(found[7:-1])]
        fields = {name.strip(): parse_hive(part) for name, _, part in parts}
        return _struct_or_none(fields)
    atoms = {kind.name: kind for kind in (BOOLEAN, INT, BIGINT, DOUBLE, STRING, BINARY)}
    return atoms.get(found)


def _struct_or_none(fields: Mapping[str, Kind | None]) -> Kind | None:
    known = {name: kind for name, kind in fields.items() if kind is not None}
    return _struct(known.items()) if len(known) == len(fields) else None


def split_parts(text: str) -> list[str]:
    """The parts of the inside of a nested type: between commas that are in no brackets."""
    parts, depth = [""], 0
    for piece in re.split(r"([<>(),])", text):
        depth += piece in ("<", "(")
        depth -= piece in (">", ")")
        if piece == "," and not depth:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _struct(fields: Iterable[tuple[str, Kind]]) -> Kind:
    found: dict[str, Kind] = {}
    for name, kind in fields:
        found[name] = merged(found.get(name, NOTHING), kind)
    return Kind("struct", fields=tuple(sorted(found.items(), key=lambda field: field[0])))
