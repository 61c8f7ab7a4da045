"""The Data Catalog as a crawler reads and writes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from localaws.crawler.changes import Decision
from localaws.crawler.inputs import partition_input

# Of BatchCreatePartition and BatchUpdatePartition.
_PARTITIONS_A_CALL = 100
Values = tuple[str, ...]


class Catalog:
    """A database; `tables` are those that are there, by name, as `GetTable` gives them."""

    def __init__(self, glue: Any, database: str) -> None:
        self._glue, self._database = glue, database
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
        self.tables: dict[str, dict[str, Any]] = {
            table["Name"]: table for page in pages for table in page["TableList"]
        }

    def name_for(self, wanted: Mapping[str, Any]) -> str:
        """The name of the table at that location; else the wanted one, made unlike those taken."""
        location = _location(wanted)
        for name, table in self.tables.items():
            if _location(table) == location:
                return name
        name = str(wanted["Name"])
        if name not in self.tables:
            return name
        return f"{name}_{hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()}"

    def write(self, decision: Decision) -> None:
        """Make the change of a table."""
        name, table = decision.change.table, decision.table
        if decision.change.action == "deleted":
            self._glue.delete_table(DatabaseName=self._database, Name=name)
        elif decision.change.action == "created":
            self._glue.create_table(DatabaseName=self._database, TableInput=table)
        elif table is not None:
            self._glue.update_table(DatabaseName=self._database, TableInput=table)
        if table is not None:
            self.tables[name] = table

    def write_partitions(
        self,
        table: Mapping[str, Any],
        wanted: Sequence[tuple[Values, str]],
        *,
        delete: bool,
        unknown: Sequence[str] = (),
    ) -> dict[str, int]:
        """Add the partitions that are missing, mend those that differ from their table.

        Args:
            unknown: locations of files that nobody knows; a partition that has some stays.

        Returns:
            How many were added, updated, and removed; the last only where that is allowed.
        """
        inputs = {values: partition_input(table, values, place) for values, place in wanted}
        existing = self._partitions(table["Name"])
        new = [given for values, given in inputs.items() if values not in existing]
        changed = [
            {"PartitionValueList": list(values), "PartitionInput": given}
            for values, given in inputs.items()
            if values in existing and _shape(existing[values]) != _shape(given)
        ]
        gone = [
            values
            for values, partition in existing.items()
            if delete and values not in inputs and not holds(partition, unknown)
        ]
        where = {"DatabaseName": self._database, "TableName": table["Name"]}
        for some in _calls(new):
            self._glue.batch_create_partition(**where, PartitionInputList=some)
        for entries in _calls(changed):
            self._glue.batch_update_partition(**where, Entries=entries)
        for values in gone:
            self._glue.delete_partition(**where, PartitionValues=list(values))
        counts = {"added": len(new), "updated": len(changed), "removed": len(gone)}
        return {what: count for what, count in counts.items() if count}

    def _partitions(self, table: str) -> dict[Values, dict[str, Any]]:
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=self._database, TableName=table
        )
        return {tuple(p["Values"]): p for page in pages for p in page["Partitions"]}


def holds(place: Mapping[str, Any], files: Sequence[str]) -> bool:
    """Whether one of the files is at the location of a table or a partition, or below it."""
    location = _location(place).replace("s3a://", "s3://")
    return any(f"{file}/".startswith(f"{location}/") for file in files)


def _calls(entries: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(entries), _PARTITIONS_A_CALL):
        yield entries[start : start + _PARTITIONS_A_CALL]


def _location(table: Mapping[str, Any]) -> str:
    return str((table.get("StorageDescriptor") or {}).get("Location", "")).rstrip("/")


def _shape(partition: Mapping[str, Any]) -> tuple[Any, ...]:
    storage = partition["StorageDescriptor"]
    columns = [(c["Name"], c["Type"]) for c in storage.get("Columns") or []]
    return columns, storage.get("Location"), storage.get("InputFormat")
