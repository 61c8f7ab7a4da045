"""ResolveChoice: what becomes of a field that has several types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awsglue import gluetypes as G
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from gluelocal import mapping, paths
from gluelocal.structure import glue_type, has_choice

Part = tuple[str, Column, G.DataType]


@dataclass(frozen=True)
class _Plan:
    """Action by path, and the action of every path that has none of its own."""

    by_path: Mapping[str, str]
    default: str
    catalog_types: Mapping[str, str]

    def action(self, path: str) -> str | None:
        if self.default == "match_catalog":
            wanted = self.catalog_types.get(path.lower())
            return f"cast:{wanted}" if wanted else None
        return self.by_path.get(path) or self.default or None


def resolve(
    frame: DataFrame, types: G.StructType, specs: Sequence[tuple[str, str]], choice: str,
    catalog: tuple[str | None, str | None, str | None],
) -> tuple[DataFrame, G.StructType]:  # fmt: skip
    """The frame with its choices resolved; one without choices is unchanged."""
    if not has_choice(types):
        return frame, types
    plan = _Plan(
        {path.replace("`", ""): action for path, action in specs},
        choice,
        _catalog_types(*catalog) if choice == "match_catalog" else {},
    )
    parts = [
        part
        for field in types
        for part in _resolved(field.name, paths.column([field.name]), field.dataType, "", plan)
    ]
    kept = G.StructType([G.Field(name, data_type) for name, _, data_type in parts])
    return frame.select(*(column.alias(name) for name, column, _ in parts)), kept


def _catalog_types(
    database: str | None, table_name: str | None, catalog_id: str | None
) -> dict[str, str]:
    from gluelocal.datacatalog import get_table

    if not database or not table_name:
        raise ValueError("match_catalog: database and table_name are missing; name the table.")
    schema = get_table(database, table_name, catalog_id).schema
    return {field.name.lower(): field.dataType.simpleString() for field in schema.fields}


def _resolved(
    name: str, column: Column, found: G.DataType, above: str, plan: _Plan
) -> Iterator[Part]:
    path = f"{above}{name}"
    if isinstance(found, G.ChoiceType):
        yield from _choose(name, column, found, plan.action(path))
    elif isinstance(found, G.StructType) and has_choice(found):
        value, data_type = _struct(column, found, f"{path}.", plan)
        yield name, value, data_type
    elif isinstance(found, G.ArrayType) and has_choice(found):
        yield name, *_array(column, found, f"{path}[]", plan)
    else:
        yield name, column, found


def _struct(
    column: Column, found: G.StructType, above: str, plan: _Plan
) -> tuple[Column, G.DataType]:
    parts = [
        part
        for field in found
        for part in _resolved(field.name, column.getField(field.name), field.dataType, above, plan)
    ]
    value = F.struct(*(inner.alias(name) for name, inner, _ in parts))
    kept = G.StructType([G.Field(name, data_type) for name, _, data_type in parts])
    return F.when(column.isNotNull(), value), kept


def _array(column: Column, found: G.ArrayType, path: str, plan: _Plan) -> tuple[Column, G.DataType]:
    element = found.elementType

    def one(part: Column) -> tuple[Column, G.DataType]:
        if isinstance(element, G.StructType):
            return _struct(part, element, f"{path}.", plan)
        ((_, value, data_type), *_) = _resolved(path, part, element, "", plan)
        return value, data_type

    kept = one(F.lit(None))[1]
    return F.transform(column, lambda part: one(part)[0]), G.ArrayType(kept)


def _choose(name: str, column: Column, choice: G.ChoiceType, action: str | None) -> Iterator[Part]:
    verb, _, type_name = (action or "").partition(":")
    members = sorted(choice.choices.items())
    if verb == "make_cols":
        for member, data_type in members:
            yield f"{name}_{member}", column.getField(member), data_type
    elif verb == "make_struct":
        yield name, column, G.StructType([G.Field(n, t) for n, t in members])
    elif verb in ("cast", "project"):
        yield name, *_as_type(column, choice, verb, type_name)
    elif action is None:
        yield name, column, choice
    else:
        raise ValueError(
            f"resolveChoice: action {action!r} for {name}; use cast:type, project:type, "
            "make_cols, make_struct or match_catalog."
        )


def _as_type(
    column: Column, choice: G.ChoiceType, verb: str, type_name: str
) -> tuple[Any, G.DataType]:
    target = mapping.named_type(type_name)
    wanted = glue_type(target)
    if verb == "cast":
        values = [
            mapping.cast(column.getField(name), member, target)
            for name, member in sorted(choice.choices.items())
        ]
        return F.coalesce(*values), wanted
    if wanted.typeName() in choice.choices:
        return column.getField(wanted.typeName()), choice.choices[wanted.typeName()]
    return F.lit(None).cast(target), wanted
