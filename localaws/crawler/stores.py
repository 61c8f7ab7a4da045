"""What stands in the stores that a crawler looks at: files, items, Delta tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
from pyarrow import fs

from localaws.clients import Clients
from localaws.crawler.definition import DynamoTarget, S3Target
from localaws.crawler.globs import excluder
from localaws.crawler.schema import Schema
from localaws.errors import LocalCloudError
from localaws.hive_arrow import hive_of
from localaws.hive_kinds import NOTHING, Kind, kind_of, merged
from localaws.query.files import file_system
from localaws.query.sources import delta_table
from localaws.tables import plain_item, readable


@dataclass(frozen=True)
class StoredFile:
    """A file below an include path."""

    folders: tuple[str, ...]
    name: str
    path: str
    system: fs.FileSystem

    def open(self) -> pa.NativeFile:
        """The file, to be read at any place."""
        return self.system.open_input_file(self.path)


def files_of(target: S3Target, clients: Clients) -> tuple[list[StoredFile], list[str]]:
    """The files that the target takes in, by path, and the folders of Delta tables among them.

    Empty and hidden files are none, nor are those of a Delta table: only its log says which of
    them count.

    Raises:
        LocalCloudError: the store cannot be read.
    """
    system, root = file_system(target.path, clients)
    try:
        infos = _infos(system, root)
    except (OSError, pa.ArrowException) as error:
        raise LocalCloudError(f"{target.path}: cannot be listed: {error}") from error
    excluded, found = excluder(target.exclusions), []
    delta = {i.path.partition("/_delta_log/")[0] for i in infos if "/_delta_log/" in i.path}
    for info in sorted(infos, key=lambda info: info.path):
        relative = info.path.removeprefix(root).lstrip("/") or info.base_name
        *folders, name = relative.split("/")
        hidden = any(part.startswith(("_", ".")) for part in (*folders, name))
        logged = any(info.path.startswith(f"{folder}/") for folder in delta)
        if not (excluded(relative) or hidden or logged):
            found.append(StoredFile(tuple(folders), name, info.path, system))
    return _sampled(found, target.sample), sorted(f"s3://{folder}/" for folder in delta)


def _infos(system: fs.FileSystem, root: str) -> list[fs.FileInfo]:
    (info,) = system.get_file_info([root])
    selector = fs.FileSelector(root, recursive=True, allow_not_found=True)
    found = [info] if info.is_file else system.get_file_info(selector)
    return [info for info in found if info.is_file and info.size]


def _sampled(files: list[StoredFile], count: int | None) -> list[StoredFile]:
    """The first files of every folder that holds some."""
    if count is None:
        return files
    seen: dict[tuple[str, ...], int] = {}
    found = []
    for file in files:
        seen[file.folders] = seen.get(file.folders, 0) + 1
        if seen[file.folders] <= count:
            found.append(file)
    return found


@dataclass(frozen=True)
class DynamoFound:
    """A DynamoDB table: its ARN, its keys, hash key first, and the schema of its items."""

    arn: str
    keys: tuple[str, ...]
    schema: Schema


def dynamodb_of(target: DynamoTarget, clients: Clients) -> DynamoFound:
    """The schema of a table's items: of all of them, or of the first megabyte.

    Raises:
        LocalCloudError: there is no such table, or it cannot be read.
    """
    with readable(clients, target.table):
        described = clients["dynamodb"].describe_table(TableName=target.table)["Table"]
        columns: dict[str, Kind] = {}
        for item in _items(target, clients):
            for key, value in item.items():
                name = key.lower()
                columns[name] = merged(columns.get(name, NOTHING), kind_of(value))
    keys = tuple(key["AttributeName"] for key in described["KeySchema"])
    first = [name.lower() for name in keys if name.lower() in columns]
    ordered = [*first, *sorted(set(columns) - set(first))]
    schema = Schema("dynamodb", tuple((name, columns[name]) for name in ordered))
    return DynamoFound(described["TableArn"], keys, schema)


def _items(target: DynamoTarget, clients: Clients) -> Iterator[dict[str, Any]]:
    pages = clients["dynamodb"].get_paginator("scan").paginate(TableName=target.table)
    for page in pages if target.scan_all else islice(pages, 1):
        for item in page["Items"]:
            yield plain_item(item)


def delta_of(location: str, clients: Clients) -> tuple[dict[str, str], list[str]]:
    """The columns of a Delta table by name with their Hive types, and its partition columns.

    Raises:
        NoDeltaTableError: no Delta table is there.
        LocalCloudError: it cannot be read.
    """
    table = delta_table(location, clients)
    fields = pa.schema(table.schema().to_arrow())
    columns = {field.name.lower(): hive_of(field.type) for field in fields}
    return columns, [name.lower() for name in table.metadata().partition_columns]
