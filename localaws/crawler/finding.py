"""The tables that a crawler's targets hold, as the catalog would have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from localaws.clients import Clients
from localaws.crawler.classifiers import Custom, classify
from localaws.crawler.definition import Definition, DynamoTarget, S3Target
from localaws.crawler.grouping import Classified, Grouped, clean_name, group
from localaws.crawler.inputs import delta_input, dynamodb_input, files_input
from localaws.crawler.schema import UNKNOWN, Schema
from localaws.crawler.stores import StoredFile, delta_of, dynamodb_of, files_of
from localaws.errors import LocalCloudError
from localaws.query.sources import NoDeltaTableError
from localaws.query.tables import DELTA, DYNAMODB, STREAM, entry_of


@dataclass(frozen=True)
class Found:
    """A table in a store.

    Attributes:
        partitions: values of the partition keys and the location of each partition.
        on_s3: whether it is one of files; the policy for new columns is for these alone.
    """

    table: dict[str, Any]
    partitions: Sequence[tuple[tuple[str, ...], str]] = ()
    on_s3: bool = False


@dataclass
class Findings:
    """Tables, and sentences about what is none.

    Attributes:
        unknown: locations of files that no classifier knows; broken ones are among them.
    """

    tables: list[Found] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def find(definition: Definition, customs: Sequence[Custom], clients: Clients) -> Findings:
    """Look at every target of the crawler but the tables of the catalog.

    Raises:
        LocalCloudError: a store cannot be read.
    """
    found = Findings()
    for target in definition.s3:
        _s3(definition, target, customs, clients, found)
    for dynamo in definition.dynamodb:
        found.tables.append(_dynamodb(definition, dynamo, clients))
    for path in definition.delta:
        _delta(definition, path, clients, found)
    return found


def find_again(
    definition: Definition,
    existing: Mapping[str, Any],
    customs: Sequence[Custom],
    clients: Clients,
) -> Findings:
    """Look at the store of a table of the catalog.

    Raises:
        LocalCloudError: the store cannot be read, or is one that has no table.
    """
    entry, found = entry_of(existing), Findings()
    if entry.format == DYNAMODB:
        found.tables.append(_dynamodb(definition, DynamoTarget(entry.dynamodb_table), clients))
    elif entry.format == DELTA:
        _delta(definition, entry.location.rstrip("/"), clients, found)
    elif entry.format == STREAM:
        raise LocalCloudError(f"table {entry.name}: is of a stream, which is crawled by --stream")
    else:
        target = S3Target(entry.location.rstrip("/"))
        files = _classified(target, customs, clients, found)
        whole = [table for table in group(files, combine=True) if not table.folders]
        if len(whole) != 1:
            found.notes.append(f"{entry.location}: its files are not of one table; it stays")
        found.tables += [_files(definition, target, table) for table in whole if len(whole) == 1]
    for table in found.tables:
        table.table["Name"] = existing["Name"]
    return found


def _s3(
    definition: Definition,
    target: S3Target,
    customs: Sequence[Custom],
    clients: Clients,
    found: Findings,
) -> None:
    files = _classified(target, customs, clients, found)
    level = None
    if definition.level:
        # The bucket is level 1.
        level = definition.level - target.path.removeprefix("s3://").count("/") - 1
    tables = group(files, combine=definition.combine, level=level)
    found.tables += [_files(definition, target, table) for table in tables]


def _classified(
    target: S3Target, customs: Sequence[Custom], clients: Clients, found: Findings
) -> list[Classified]:
    files = []
    stored_files, delta = files_of(target, clients)
    found.notes += [f"{folder}: is a Delta table; name it in DeltaTargets" for folder in delta]
    for stored in stored_files:
        schema = _schema(stored, customs)
        files.append(Classified(stored.folders, stored.name, schema))
        if schema.classification == UNKNOWN:
            found.unknown.append(f"s3://{stored.path}")
    unknown = [file for file in files if file.schema.classification == UNKNOWN]
    if unknown:
        first = "/".join((*unknown[0].folders, unknown[0].name))
        found.notes.append(
            f"{target.path}: no classifier knows {len(unknown):,} files, the first {first}"
        )
    if not (files or delta):
        found.notes.append(f"{target.path}: no file is there")
    return files


def _schema(stored: StoredFile, customs: Sequence[Custom]) -> Schema:
    try:
        with stored.open() as file:
            return classify(file, customs)
    except (OSError, pa.ArrowException) as error:
        raise LocalCloudError(f"{stored.path}: cannot be read: {error}") from error


def _files(definition: Definition, target: S3Target, table: Grouped) -> Found:
    folder = "/".join((target.path, *table.folders))
    location = f"{folder}/{table.file}" if table.file else f"{folder}/"
    name = table.file or (table.folders or (target.path.rpartition("/")[2],))[-1]
    partitions = [
        (partition.values, "/".join((folder, *partition.folders)) + "/")
        for partition in table.partitions
    ]
    wanted = files_input(
        definition.prefix + clean_name(name),
        definition.name,
        location,
        table.schema,
        table.partition_keys,
    )
    return Found(wanted, partitions, on_s3=True)


def _dynamodb(definition: Definition, target: DynamoTarget, clients: Clients) -> Found:
    found = dynamodb_of(target, clients)
    name = definition.prefix + clean_name(target.table)
    return Found(dynamodb_input(name, definition.name, found.arn, found.schema, found.keys))


def _delta(definition: Definition, path: str, clients: Clients, found: Findings) -> None:
    try:
        columns, keys = delta_of(path, clients)
    except NoDeltaTableError as error:
        found.notes.append(str(error))
        return
    name = definition.prefix + clean_name(path.rpartition("/")[2])
    found.tables.append(Found(delta_input(name, definition.name, f"{path}/", columns, keys)))
