"""What a crawl changes in the catalog, by the crawler's policies. Pure.

Source: AWS Glue developer guide, "Setting crawler configuration options". Other than there, what
others wrote is kept (description, comments of columns that stay, parameters), and partitions have
the columns of their table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from localaws.crawler.definition import Delete, Update
from localaws.hive_kinds import hive_type, merged, parse_hive
from localaws.proposal import INPUT_MEMBERS

Action = Literal["created", "updated", "unchanged", "logged", "deprecated", "deleted"]
DEPRECATED = "DEPRECATED_BY_CRAWLER"
OWNER = "UPDATED_BY_CRAWLER"
# Of these a crawl says whether they are there; all other parameters are of others.
_OWN_PARAMETERS = (DEPRECATED, "delimiter", "skip.header.line.count", "grokPattern")
# Where the place of a column in a row is its meaning.
_ORDERED = ("csv",)


@dataclass(frozen=True)
class Change:
    """What became of a table: changes of its columns and of its attributes, a sentence each."""

    table: str
    action: Action
    columns: tuple[str, ...] = ()
    partitions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """A change, and the table input that makes it; None where nothing is written."""

    change: Change
    table: dict[str, Any] | None = None


def decide(existing: Mapping[str, Any] | None, wanted: dict[str, Any], update: Update) -> Decision:
    """What becomes of a table that was found; new ones are made whatever the policy is."""
    name = wanted["Name"]
    if existing is None:
        return Decision(Change(name, "created", tuple(_added(wanted))), wanted)
    target = _with_texts(existing, _in_order(existing, wanted))
    merging = update == "MERGE_NEW_COLUMNS"
    incompatible = merging and _attributes(existing) != _attributes(target)
    if incompatible and DEPRECATED in (existing.get("Parameters") or {}):
        return Decision(Change(name, "unchanged"))
    if merging and not incompatible:
        target = _with_new_columns(existing, target)
    sentences = tuple(_differences(existing, target))
    if not sentences:
        return Decision(Change(name, "unchanged"))
    if update == "LOG":
        return Decision(Change(name, "logged", sentences))
    if incompatible:
        return Decision(Change(name, "deprecated", sentences), deprecated(existing, name))
    return Decision(Change(name, "updated", sentences), target)


def decide_missing(existing: Mapping[str, Any], delete: Delete, crawler: str) -> Decision:
    """What becomes of the crawler's table whose data is not there any more."""
    name = existing["Name"]
    gone = ("its data is not there any more",)
    if delete == "LOG":
        return Decision(Change(name, "logged", gone))
    if delete == "DELETE_FROM_DATABASE":
        return Decision(Change(name, "deleted", gone))
    if DEPRECATED in (existing.get("Parameters") or {}):
        return Decision(Change(name, "unchanged"))
    return Decision(Change(name, "deprecated", gone), deprecated(existing, crawler))


def decide_unknown(existing: Mapping[str, Any]) -> Decision:
    """What becomes of a table none of whose files is known: they may be broken, and come back."""
    return Decision(
        Change(existing["Name"], "logged", ("no classifier knows its files; it stays",))
    )


def deprecated(existing: Mapping[str, Any], by: str) -> dict[str, Any]:
    """The table with the mark that it is out of use."""
    table = table_input(existing)
    return {**table, "Parameters": {**(table.get("Parameters") or {}), DEPRECATED: by}}


def table_input(existing: Mapping[str, Any]) -> dict[str, Any]:
    """A table of a `GetTable` answer as the input that gives it back."""
    return {key: value for key, value in existing.items() if key in INPUT_MEMBERS}


def _with_texts(existing: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What was found with what others wrote: description, comments, parameters of their own."""
    comments = {c["Name"]: c.get("Comment") for c in _all_columns(existing)}

    def commented(columns: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        given = [(dict(column), comments.get(column["Name"])) for column in columns]
        return [{**column, "Comment": text} if text else column for column, text in given]

    storage, parameters = wanted["StorageDescriptor"], existing.get("Parameters") or {}
    others = {key: value for key, value in parameters.items() if key not in _OWN_PARAMETERS}
    return {
        **table_input(existing),
        **wanted,
        "Parameters": {**others, **wanted["Parameters"]},
        "StorageDescriptor": {**storage, "Columns": commented(storage["Columns"])},
        "PartitionKeys": commented(wanted.get("PartitionKeys") or []),
    }


def _in_order(existing: Mapping[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Columns that are there in their order, then new ones, where the order means nothing."""
    storage = wanted["StorageDescriptor"]
    if wanted["Parameters"].get("classification") in _ORDERED:
        return wanted
    place = {c["Name"]: n for n, c in enumerate(existing["StorageDescriptor"].get("Columns", []))}
    columns = sorted(storage["Columns"], key=lambda c: place.get(c["Name"], len(place)))
    return {**wanted, "StorageDescriptor": {**storage, "Columns": columns}}


def _with_new_columns(existing: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The table that is there with the columns, and fields of structs, that it lacks."""
    table = table_input(existing)
    storage = table["StorageDescriptor"]
    found = {c["Name"]: c for c in wanted["StorageDescriptor"]["Columns"]}
    there = storage.get("Columns") or []
    kept = [_with_new_fields(c, found[c["Name"]]) if c["Name"] in found else c for c in there]
    names = {c["Name"] for c in _all_columns(existing)}
    new = [column for name, column in found.items() if name not in names]
    parameters = {k: v for k, v in (table.get("Parameters") or {}).items() if k != DEPRECATED}
    columns = {**storage, "Columns": [*kept, *new]}
    return {**table, "Parameters": parameters, "StorageDescriptor": columns}


def _with_new_fields(column: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    one, other = parse_hive(column["Type"]), parse_hive(found["Type"])
    if one is None or other is None or (one.name, other.name) != ("struct", "struct"):
        return dict(column)
    declared = dict(one.fields)
    new = [(name, kind) for name, kind in other.fields if name not in declared]
    wide = merged(one, type(one)("struct", fields=tuple(new)))
    return {**column, "Type": hive_type(wide, whole="int")} if new else dict(column)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    old = {c["Name"]: c["Type"] for c in _all_columns(before)}
    new = {c["Name"]: c["Type"] for c in _all_columns(after)}
    attributes = zip(_attributes(before).items(), _attributes(after).values(), strict=True)
    return [
        *(f"{name}: {kind}, new" for name, kind in new.items() if name not in old),
        *(f"{name}: {kind}, removed" for name, kind in old.items() if name not in new),
        *(f"{n}: {old[n]} -> {new[n]}" for n in old if n in new and old[n] != new[n]),
        *(f"{what}: {one} -> {other}" for (what, one), other in attributes if one != other),
        *(["columns stand in another order"] if _moved(before, after) else []),
        *(["is in use again"] if DEPRECATED in (before.get("Parameters") or {}) else []),
    ]


def _moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether columns that both have stand in another order."""
    old, new = ([c["Name"] for c in _all_columns(table)] for table in (before, after))
    return [n for n in old if n in new] != [n for n in new if n in old]


def _attributes(table: Mapping[str, Any]) -> dict[str, Any]:
    """What makes a table another one, beside its columns."""
    parameters, storage = table.get("Parameters") or {}, table["StorageDescriptor"]
    return {
        "format": parameters.get("classification"),
        "compression": parameters.get("compressionType", "none"),
        "delimiter": parameters.get("delimiter"),
        "header lines": parameters.get("skip.header.line.count", "0"),
        "pattern": parameters.get("grokPattern"),
        "location": storage.get("Location", "").rstrip("/"),
        "partition keys": [key["Name"] for key in table.get("PartitionKeys") or []],
    }


def _added(table: Mapping[str, Any]) -> list[str]:
    return [f"{c['Name']}: {c['Type']}, new" for c in _all_columns(table)]


def _all_columns(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    columns = table["StorageDescriptor"].get("Columns") or []
    return [*columns, *(table.get("PartitionKeys") or [])]
