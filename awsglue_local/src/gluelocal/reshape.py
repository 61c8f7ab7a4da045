"""Fields picked, dropped and renamed, frames joined and united: all as Spark projections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from awsglue import gluetypes as G
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from gluelocal import paths
from gluelocal.structure import glue_struct, spark_struct

Typed = tuple[DataFrame, G.StructType]
_MOVED: Final = "$moved"


def select_fields(frame: DataFrame, types: G.StructType, wanted: Sequence[str]) -> Typed:
    """The wanted top-level fields in the order asked; one that is not there is left out."""
    found = [
        path
        for text in wanted
        if (path := paths.find(frame.schema, paths.parse(text), case_sensitive=False)) is not None
    ]
    names = list(dict.fromkeys(path[0] for path in found))
    kept = G.StructType([types.field_map[name] for name in names])
    return frame.select(*(paths.column([name]) for name in names)), kept


def drop_fields(frame: DataFrame, types: G.StructType, unwanted: Sequence[str]) -> Typed:
    """All but the unwanted fields; a path goes into structs and through arrays of structs."""
    columns, kept = _remaining(types, {paths.parse(text) for text in unwanted})
    return frame.select(*columns), kept


def _remaining(types: G.StructType, dropped: set[paths.Path]) -> tuple[list[Column], G.StructType]:
    columns, fields = [], []
    for field in types:
        inner = {path[1:] for path in dropped if path[0] == field.name}
        if () in inner:
            continue
        here = paths.column([field.name])
        columns.append(_without(here, field.dataType, inner).alias(field.name))
        fields.append(G.Field(field.name, _type_without(field.dataType, inner), field.properties))
    return columns, G.StructType(fields)


def _without(column: Column, found: G.DataType, dropped: set[paths.Path]) -> Column:
    if not dropped:
        return column
    if isinstance(found, G.ArrayType):
        element = found.elementType
        return F.transform(column, lambda part: _without(part, element, dropped))
    if not isinstance(found, G.StructType):
        return column
    kept = [
        _without(column.getField(f.name), f.dataType, _below(dropped, f.name)).alias(f.name)
        for f in found
        if (f.name,) not in dropped
    ]
    return F.when(column.isNotNull(), F.struct(*kept))


def _type_without(found: G.DataType, dropped: set[paths.Path]) -> G.DataType:
    if not dropped:
        return found
    if isinstance(found, G.ArrayType):
        return G.ArrayType(_type_without(found.elementType, dropped))
    if not isinstance(found, G.StructType):
        return found
    return G.StructType(
        [
            G.Field(f.name, _type_without(f.dataType, _below(dropped, f.name)))
            for f in found
            if (f.name,) not in dropped
        ]
    )


def _below(dropped: set[paths.Path], name: str) -> set[paths.Path]:
    return {path[1:] for path in dropped if path[0] == name and len(path) > 1}


def rename_field(frame: DataFrame, types: G.StructType, old: str, new: str) -> Typed:
    """The field of path `old` under path `new`; a frame without it is unchanged.

    A field that moves out of or into a struct goes to the end of it.
    """
    found = paths.find(frame.schema, paths.parse(old), case_sensitive=False)
    target = paths.parse(new)
    if found is None or found == target:
        return frame, types
    if len(found) == 1 and len(target) == 1:
        names = {field.name: field.name for field in types} | {found[0]: target[0]}
        columns = [paths.column([name]).alias(names[name]) for name in names]
        return frame.select(*columns), G.StructType(
            [G.Field(names[f.name], f.dataType, f.properties) for f in types]
        )
    columns, rest = _remaining(types, {found})
    staged = frame.select(*columns, paths.column(found).alias(_MOVED))
    return _put(staged, rest, target, _type_at(types, found))


def _put(frame: DataFrame, types: G.StructType, target: paths.Path, found: G.DataType) -> Typed:
    top = types.field_map.get(target[0])
    value = _nested(paths.column([target[0]]) if top else None,
                    top.dataType if top else None, target[1:])  # fmt: skip
    column = paths.column([_MOVED]) if len(target) == 1 else value
    kept = [f for f in types if f.name != target[0]]
    inner = _nested_type(top.dataType if top else None, target[1:], found)
    columns = [paths.column([f.name]) for f in kept]
    return frame.select(*columns, column.alias(target[0])), G.StructType(
        [*kept, G.Field(target[0], inner)]
    )


def _nested(base: Column | None, found: G.DataType | None, target: paths.Path) -> Column:
    if not target:
        return paths.column([_MOVED])
    known = list(found) if isinstance(found, G.StructType) and base is not None else []
    parts = [base.getField(f.name).alias(f.name) for f in known if base is not None
             and f.name != target[0]]  # fmt: skip
    below = next((f for f in known if f.name == target[0]), None)
    inner = base.getField(target[0]) if below is not None and base is not None else None
    child = _nested(inner, below.dataType if below else None, target[1:])
    return F.struct(*parts, child.alias(target[0]))


def _nested_type(found: G.DataType | None, target: paths.Path, moved: G.DataType) -> G.DataType:
    if not target:
        return moved
    known = list(found) if isinstance(found, G.StructType) else []
    below = next((f.dataType for f in known if f.name == target[0]), None)
    child = G.Field(target[0], _nested_type(below, target[1:], moved))
    return G.StructType([*(f for f in known if f.name != target[0]), child])


def _type_at(types: G.StructType, path: paths.Path) -> G.DataType:
    here: G.DataType = types
    for name in path:
        if isinstance(here, G.StructType):
            here = here.field_map[name].dataType
    return here


def join(left: Typed, right: Typed, keys1: Sequence[str], keys2: Sequence[str]) -> Typed:
    """Inner equality join that keeps the keys of both sides.

    A name of the right side that is on the left too gets a leading dot: `id` becomes `.id`.

    Raises:
        ValueError: the sides do not have as many keys, or a key is not there.
    """
    if len(keys1) != len(keys2):
        raise ValueError(f"Join: {len(keys1)} keys on the left, {len(keys2)} on the right.")
    taken = set(left[1].field_map)
    names = {f.name: f".{f.name}" if f.name in taken else f.name for f in right[1]}
    # Unique names on the right keep the condition clear also where both sides have one ancestor.
    staged = {f.name: f"$right${place}" for place, f in enumerate(right[1])}
    other = right[0].select(*(paths.column([n]).alias(s) for n, s in staged.items()))
    condition = F.lit(True)
    for key1, key2 in zip(keys1, keys2, strict=True):
        first, second = _key(left[0], key1), _key(right[0], key2)
        condition = condition & _equal(left[0], other, first, (staged[second[0]], *second[1:]))
    joined = left[0].join(other, condition, "inner")
    columns = [paths.column([f.name]) for f in left[1]]
    columns += [paths.column([staged[n]]).alias(final) for n, final in names.items()]
    fields = [*left[1], *(G.Field(names[f.name], f.dataType) for f in right[1])]
    return joined.select(*columns), G.StructType(fields)


def _key(frame: DataFrame, text: str) -> paths.Path:
    found = paths.find(frame.schema, paths.parse(text), case_sensitive=False)
    if found is None:
        raise ValueError(f"Join: no field {text!r}; the fields are {frame.columns}.")
    return found


def _equal(left: DataFrame, right: DataFrame, first: paths.Path, second: paths.Path) -> Column:
    one, two = paths.column(first), paths.column(second)
    kinds = [left.select(one).schema[0].dataType, right.select(two).schema[0].dataType]
    if kinds[0] != kinds[1] and any(isinstance(kind, T.StringType) for kind in kinds):
        # Text that is no number must not fail the whole join, as ANSI's own widening would.
        return one.cast("string") == two.cast("string")
    return one == two


def union(first: Typed, second: Typed) -> Typed:
    """The rows of both; a field that only one has is null in the other's rows.

    Fields of different types become choices.
    """
    merged = G.mergeDataTypes(first[1], second[1])
    if not isinstance(merged, G.StructType):
        raise TypeError(f"records are structs, not {merged.typeName()}")
    rows = [_conformed(side, merged) for side in (first, second)]
    return rows[0].union(rows[1]), merged


def _conformed(side: Typed, merged: G.StructType) -> DataFrame:
    return side[0].select(*(_held(f, side[1].field_map.get(f.name)).alias(f.name) for f in merged))


def _held(wanted: G.Field, found: G.Field | None) -> Column:
    target = spark_struct(G.StructType([wanted]))[0].dataType
    if found is None:
        return F.lit(None).cast(target)
    return hold(paths.column([wanted.name]), found.dataType, wanted.dataType)


def hold(column: Column, found: G.DataType, wanted: G.DataType) -> Column:
    """A value of type `found` in the form in which a field of type `wanted` is held."""
    if found == wanted:
        return column
    if isinstance(wanted, G.ChoiceType):
        return _as_choice(column, found, wanted)
    if isinstance(wanted, G.ArrayType) and isinstance(found, G.ArrayType):
        inner, outer = found.elementType, wanted.elementType
        return F.transform(column, lambda part: hold(part, inner, outer))
    if isinstance(wanted, G.MapType) and isinstance(found, G.MapType):
        inner, outer = found.valueType, wanted.valueType
        return F.transform_values(column, lambda _, part: hold(part, inner, outer))
    target = spark_struct(G.StructType([G.Field("value", wanted)]))[0].dataType
    if isinstance(wanted, G.StructType) and isinstance(found, G.StructType):
        parts = [
            hold(column.getField(f.name), found.field_map[f.name].dataType, f.dataType)
            if f.name in found.field_map
            else F.lit(None)
            for f in wanted
        ]
        named = [part.alias(f.name) for part, f in zip(parts, wanted, strict=True)]
        return F.when(column.isNotNull(), F.struct(*named)).cast(target)
    return column.cast(target)


def _as_choice(column: Column, found: G.DataType, wanted: G.ChoiceType) -> Column:
    members = found.choices if isinstance(found, G.ChoiceType) else {found.typeName(): found}
    parts = []
    for name in sorted(wanted.choices):
        if name not in members:
            empty = spark_struct(G.StructType([G.Field(name, wanted.choices[name])]))[0].dataType
            parts.append(F.lit(None).cast(empty).alias(name))
            continue
        value = column.getField(name) if isinstance(found, G.ChoiceType) else column
        parts.append(hold(value, members[name], wanted.choices[name]).alias(name))
    return F.when(column.isNotNull(), F.struct(*parts))


def typed(frame: DataFrame) -> Typed:
    """A Spark frame with the record type of its schema."""
    return frame, glue_struct(frame.schema)
