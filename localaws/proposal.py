"""The Data Catalog table that fits a discovery: proposed, created, or merged into the one there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from catalog.streams import CLICKSTREAM
from localaws.discovery import Discovery, Found
from localaws.errors import LocalCloudError
from localaws.hive_kinds import hive_type, merged, parse_hive

# Members of TableInput; a table as the catalog gives it has more, which it does not take back.
INPUT_MEMBERS = (
    "Name", "Description", "Owner", "LastAccessTime", "LastAnalyzedTime", "Retention",
    "StorageDescriptor", "PartitionKeys", "ViewOriginalText", "ViewExpandedText", "TableType",
    "Parameters", "TargetTable",
)  # fmt: skip


@dataclass(frozen=True)
class Merged:
    """A table input, and what it changes, a sentence each; none when nothing does."""

    table: dict[str, Any]
    changes: list[str]


def table_name(stream: str) -> str:
    """The stream's name as the catalog takes it."""
    return re.sub(r"\W", "_", stream.lower())


def propose(found: Discovery, stream: str, stream_arn: str, name: str) -> dict[str, Any]:
    """Glue `TableInput`, of the shape that the streams of this project have.

    Raises:
        LocalCloudError: nothing was found that could be a column.
    """
    if not found.columns:
        raise LocalCloudError(
            f"stream {stream!r}: no table can be proposed, none of {found.sampled:,} sampled"
            " records is a JSON object with a name that a column can have"
        )
    comment = f"Discovered from {found.sampled:,} records of the stream {stream}"
    table = replace(CLICKSTREAM, name=name, comment=comment).to_table_input(stream_arn)
    storage = table["StorageDescriptor"]
    storage["Location"] = stream
    storage["Columns"] = [_column(column, found) for column in found.columns]
    paths = ",".join(column.name for column in found.columns)
    storage["SerdeInfo"]["Parameters"]["paths"] = paths
    return table


def apply(glue: Any, database: str, found: Discovery, proposed: Mapping[str, Any]) -> list[str]:
    """Create the table, or update the one that is there; returns what changed.

    Raises:
        LocalCloudError: there is no such database, or the table is of another stream.
    """
    name = proposed["Name"]
    try:
        existing = glue.get_table(DatabaseName=database, Name=name)["Table"]
    except glue.exceptions.EntityNotFoundException:
        return _create(glue, database, proposed)
    result = merge(existing, found, proposed)
    if result.changes:
        glue.update_table(DatabaseName=database, TableInput=result.table)
    return result.changes


def merge(existing: Mapping[str, Any], found: Discovery, proposed: Mapping[str, Any]) -> Merged:
    """The table that is there with what the sample adds; all else of it stays.

    A column that the sample lacks stays, and so does a type that takes what was sampled.

    Raises:
        LocalCloudError: the table is of another stream.
    """
    _check_stream(existing, proposed)
    storage = existing["StorageDescriptor"]
    sampled = {column.name: column for column in found.columns}
    changes: list[str] = []
    columns = []
    for column in storage["Columns"]:
        kept = _widened(column, sampled.pop(column["Name"], Found(column["Name"])))
        if kept["Type"] != column["Type"]:
            changes.append(f"{column['Name']}: {column['Type']} -> {kept['Type']}")
        columns.append(kept)
    for key in existing.get("PartitionKeys", []):
        sampled.pop(key["Name"], None)
    new = [c for c in proposed["StorageDescriptor"]["Columns"] if c["Name"] in sampled]
    changes += [f"{column['Name']}: {column['Type']}, new" for column in new]
    table = {key: value for key, value in existing.items() if key in INPUT_MEMBERS}
    table["StorageDescriptor"] = _with_columns(storage, [*columns, *new])
    return Merged(table, changes)


def _create(glue: Any, database: str, proposed: Mapping[str, Any]) -> list[str]:
    try:
        glue.create_table(DatabaseName=database, TableInput=proposed)
    except ClientError as error:
        raise LocalCloudError(
            f"table {database}.{proposed['Name']}: cannot be created: {error}"
        ) from error
    columns = proposed["StorageDescriptor"]["Columns"]
    return [f"created, {len(columns)} columns"]


def _check_stream(existing: Mapping[str, Any], proposed: Mapping[str, Any]) -> None:
    storage, wanted = existing["StorageDescriptor"], proposed["StorageDescriptor"]
    arn = wanted["Parameters"]["streamARN"]
    there = storage.get("Parameters", {}).get("streamARN") or storage.get("Location")
    if there not in (arn, wanted["Location"]):
        raise LocalCloudError(
            f"table {existing['Name']}: is of {there}, not of {arn}; give another --table"
        )


def _widened(column: Mapping[str, Any], sampled: Found) -> dict[str, Any]:
    declared = parse_hive(column["Type"])
    if declared is None:
        # A reader may make such a type of a text or a number; nothing sampled says it does not.
        return dict(column)
    wide = merged(declared, sampled.kind)
    return {**column, **({} if wide == declared else {"Type": hive_type(wide)})}


def _with_columns(storage: Mapping[str, Any], columns: list[dict[str, Any]]) -> dict[str, Any]:
    serde = dict(storage.get("SerdeInfo", {}))
    parameters = dict(serde.get("Parameters", {}))
    if "paths" in parameters:
        parameters["paths"] = ",".join(column["Name"] for column in columns)
        serde["Parameters"] = parameters
    return {**storage, "Columns": columns, **({"SerdeInfo": serde} if serde else {})}


def _column(column: Found, found: Discovery) -> dict[str, str]:
    parts = [f"in {found.share(column):.0%} of {found.objects:,} sampled records"]
    if column.time:
        parts.insert(0, f"time, {column.time}")
    if column.keys != (column.name,):
        parts.append(f"arrives as {', '.join(column.keys)}")
    return {
        "Name": column.name,
        "Type": hive_type(column.kind),
        "Comment": "; ".join(parts)[:255],
    }
