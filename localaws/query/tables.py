"""The tables that a query may name: those of the Data Catalog, or Delta tables of a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.errors import LocalCloudError

STREAM, DYNAMODB, DELTA = "kinesis", "dynamodb", "delta"


@dataclass(frozen=True)
class TableEntry:
    """A table by its definition.

    Attributes:
        format: `delta`, `dynamodb`, `kinesis`, or the format of its files.
        columns: name and Hive type of each, without the partition keys; none of a Delta table
            that is known by its folder.
        parameters: those of the table and of its storage; the storage's win.
    """

    name: str
    format: str
    location: str
    columns: tuple[tuple[str, str], ...] = ()
    partition_keys: tuple[tuple[str, str], ...] = ()
    parameters: Mapping[str, str] | None = None
    comment: str = ""

    @property
    def dynamodb_table(self) -> str:
        """Real name of the DynamoDB table; the catalog's is in lower case."""
        return self.location.rpartition("/")[2] or self.name


def catalog_tables(glue: Any, database: str) -> dict[str, TableEntry]:
    """Tables of a database, by name.

    Raises:
        LocalCloudError: there is no such database, or nothing answers.
    """
    try:
        glue.get_database(Name=database)
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
        return {t["Name"]: entry_of(t) for page in pages for t in page["TableList"]}
    except (BotoCoreError, ClientError) as error:
        raise LocalCloudError(
            f"database {database!r}: cannot be read: {error}; {_databases(glue)}"
        ) from error


def entry_of(table: Mapping[str, Any]) -> TableEntry:
    """The table that a `GetTable` answer describes."""
    storage = table.get("StorageDescriptor") or {}
    parameters = {**(table.get("Parameters") or {}), **(storage.get("Parameters") or {})}
    return TableEntry(
        name=table["Name"],
        format=_format(parameters),
        location=storage.get("Location") or "",
        columns=tuple(_columns(storage.get("Columns"))),
        partition_keys=tuple(_columns(table.get("PartitionKeys"))),
        parameters={**parameters, **(storage.get("SerdeInfo") or {}).get("Parameters", {})},
        comment=table.get("Description") or "",
    )


def folder_tables(lake: Path) -> dict[str, TableEntry]:
    """Delta tables that stand right below a folder, by the folder's name.

    Raises:
        LocalCloudError: there are none.
    """
    found = {
        log.parent.name.lower(): TableEntry(log.parent.name.lower(), DELTA, str(log.parent))
        for log in sorted(lake.glob("*/_delta_log"))
    }
    if not found:
        raise LocalCloudError(
            f"--lake {lake}: no Delta table is there; name the folder whose folders are tables"
        )
    return found


def _format(parameters: Mapping[str, str]) -> str:
    marks = ("classification", "spark.sql.sources.provider", "table_type")
    found = [parameters.get(mark, "").lower() for mark in marks]
    if DELTA in found:
        return DELTA
    if parameters.get("typeOfData") == "kinesis" or "streamARN" in parameters:
        return STREAM
    return found[0]


def _columns(columns: list[dict[str, str]] | None) -> Iterator[tuple[str, str]]:
    for column in columns or ():
        yield column["Name"], column.get("Type") or "string"


def _databases(glue: Any) -> str:
    try:
        names = [database["Name"] for database in glue.get_databases()["DatabaseList"]]
    except (BotoCoreError, ClientError):
        return "the catalog does not answer"
    return f"the catalog has {names}"
