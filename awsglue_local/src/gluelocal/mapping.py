"""ApplyMapping: pick, rename, nest and convert fields, as one Spark projection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from awsglue import gluetypes as G
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from gluelocal import paths
from gluelocal.hive_types import spark_type
from gluelocal.structure import glue_type

_GLUE_NAMES: Final = {"timestampntz": T.TimestampNTZType(), "null": T.NullType()}


@dataclass(frozen=True)
class Mapping:
    """One field of the output; without a type it keeps the one it has."""

    source: str
    target: str
    source_type: str | None = None
    target_type: str | None = None


@dataclass
class _Node:
    """A field of the output struct under construction: a value, or further fields."""

    value: Column | None = None
    data_type: G.DataType | None = None
    children: dict[str, _Node] = field(default_factory=dict)


def parse_mappings(mappings: Any) -> list[Mapping]:
    """Mappings of tuples of 2 (source, target), 3 (.., target type) or 4 parts.

    Raises:
        TypeError: an entry is no tuple.
        ValueError: a tuple has another length.
    """
    entries = [mappings] if isinstance(mappings, tuple) else list(mappings)
    return [_parse_mapping(entry) for entry in entries]


def _parse_mapping(entry: Any) -> Mapping:
    if not isinstance(entry, tuple):
        raise TypeError(f"Mapping must be specified as a tuple. Got {type(entry).__name__}")
    if len(entry) == 2:
        return Mapping(entry[0], entry[1])
    if len(entry) == 3:
        return Mapping(entry[0], entry[1], target_type=entry[2])
    if len(entry) == 4:
        return Mapping(entry[0], entry[2], source_type=entry[1], target_type=entry[3])
    raise ValueError(
        f"Mapping tuple must be of length 2, 3, or 4. Got tuple of length {len(entry)}"
    )


def apply_mapping(
    frame: DataFrame, types: G.StructType, mappings: Sequence[Mapping], *, case_sensitive: bool
) -> tuple[DataFrame, G.StructType]:
    """The mapped fields alone, in the order of the mappings.

    A source that is not there leaves its target out; a value that cannot be cast becomes null.
    """
    root = _Node()
    for mapping in mappings:
        path = paths.find(frame.schema, paths.parse(mapping.source), case_sensitive=case_sensitive)
        if path is None:
            continue
        found = _type_at(types, path)
        value, data_type = _converted(paths.column(path), found, mapping)
        _place(root, paths.parse(mapping.target), value, data_type)
    columns = [_column(node).alias(name) for name, node in root.children.items()]
    kept = G.StructType([G.Field(n, _type(node)) for n, node in root.children.items()])
    return frame.select(*columns), kept


def _place(node: _Node, target: paths.Path, value: Column, data_type: G.DataType) -> None:
    for name in target:
        node = node.children.setdefault(name, _Node())
    node.value, node.data_type, node.children = value, data_type, {}


def _column(node: _Node) -> Column:
    if node.value is not None:
        return node.value
    return F.struct(*(_column(child).alias(name) for name, child in node.children.items()))


def _type(node: _Node) -> G.DataType:
    if node.data_type is not None:
        return node.data_type
    return G.StructType([G.Field(name, _type(child)) for name, child in node.children.items()])


def _type_at(types: G.StructType, path: paths.Path) -> G.DataType:
    here: G.DataType = types
    for name in path:
        if isinstance(here, G.ChoiceType):
            here = here.choices[name]
        elif isinstance(here, G.StructType):
            here = here.field_map[name].dataType
    return here


def _converted(column: Column, found: G.DataType, mapping: Mapping) -> tuple[Column, G.DataType]:
    if mapping.target_type is None:
        return column, found
    target = named_type(mapping.target_type)
    if isinstance(found, G.ChoiceType):
        # One member at most is set: whichever it is, its value is not lost.
        members = sorted(found.choices.items())
        casts = [cast(column.getField(name), member, target) for name, member in members]
        return F.coalesce(*casts), glue_type(target)
    return cast(column, found, target), glue_type(target)


def named_type(name: str) -> T.DataType:
    """The type that a mapping names; upper and lower case are the same."""
    known = _GLUE_NAMES.get(name.strip().lower())
    return known if known is not None else spark_type(name)


def cast(column: Column, found: G.DataType, target: T.DataType) -> Column:
    """`column` as `target`; a value that does not convert is null, also under ANSI rules."""
    if found == glue_type(target):
        return column
    if isinstance(target, T.StringType) and isinstance(
        found, G.StructType | G.ArrayType | G.MapType
    ):
        return F.to_json(column)
    return column.try_cast(target)
