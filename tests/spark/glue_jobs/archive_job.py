"""The archive's batch function on a lake of its own: what it is given, and what is in the lake."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import types as T

from catalog.lake import CLICK_REJECTS, CLICKS
from catalog.streams import CLICKSTREAM
from catalog.tables import LakeTable
from glue_jobs import lake
from glue_jobs.archive_batch import ArchiveBatches
from glue_jobs.click_archive import Options
from glue_jobs.dynamodb import Item

RAW = (
    "data binary, streamName string, partitionKey string, sequenceNumber string,"
    " approximateArrivalTimestamp timestamp"
)
START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
CLICK: dict[str, Any] = {"user_id": "ann", "event_timestamp": START, "event_type": "click"}
Record = tuple[int, dict[str, Any] | bytes]


def at(ms: int, number: int, **fields: Any) -> Record:
    """An event so many milliseconds after the start, and its sequence number."""
    return number, {**CLICK, "event_timestamp": START + ms, **fields}


class Archive:
    """The job, its lake, and the items that it reported.

    Attributes:
        items: what was said in `job_batches`, by query and batch; the first one stays.
        declared: what the Data Catalog declares beyond the contract.
    """

    def __init__(self, spark: Any, glue: Any, folder: Path) -> None:
        self.spark, self.glue = spark, glue
        self.lake = str(folder / "lake")
        self.items: dict[tuple[str, int], Item] = {}
        self.declared: list[T.StructField] = []

    def started(self, query: str = "q", **options: Any) -> ArchiveBatches:
        """The batch function as the job starts with it."""
        given = {"checkpoint_path": "none", "lake_path": self.lake, **options}
        batches = ArchiveBatches(
            self.glue,
            Options("click_archive", **given),
            self._report,
            lambda _: query,
            lambda *_: T.StructType([*CLICKSTREAM.schema.struct_type(), *self.declared]),
        )
        batches.prepare()
        return batches

    def batch(
        self,
        batch_id: int,
        *records: Record,
        query: str = "q",
        arrived: int = START,
        **options: Any,
    ) -> Item:
        """One batch; the item that it said first."""
        self.started(query, **options)(self.rows(*records, arrived=arrived), batch_id)
        return self.items[query, batch_id]

    def rows(self, *records: Record, arrived: int = START) -> Any:
        """Native Kinesis rows."""
        time = datetime.fromtimestamp(arrived / 1_000, UTC)
        data = (
            (event if isinstance(event, bytes) else json.dumps(event).encode(), number)
            for number, event in records
        )
        rows = [(each, "clickstream", "k", f"{number:056d}", time) for each, number in data]
        return self.spark.createDataFrame(rows, RAW)

    def clicks(self, *columns: str) -> list[Any]:
        """The rows of the history by their sequence numbers, or a column of them."""
        rows = lake.read(self.spark, CLICKS, self.lake).orderBy("sequence_number").collect()
        if not columns:
            return rows
        return [
            row[columns[0]] if len(columns) == 1 else tuple(row[c] for c in columns) for row in rows
        ]

    def numbers(self) -> list[int]:
        """The sequence numbers of the archived events."""
        return [int(number) for number in self.clicks("sequence_number")]

    def rejects(self) -> list[tuple[int, str]]:
        """Sequence number and reason of what was set aside."""
        rows = lake.read(self.spark, CLICK_REJECTS, self.lake).collect()
        return sorted((int(row["sequence_number"]), row["reason"]) for row in rows)

    def versions(self, table: LakeTable = CLICKS) -> int:
        """The commits to a table, that which made it left out."""
        history = self.spark.sql(f"DESCRIBE HISTORY delta.`{table.location(self.lake)}`")
        return int(history.count()) - 1

    def _report(self, item: Item) -> None:
        self.items.setdefault((item["query_id"], item["batch_id"]), item)


def counts(item: Item) -> dict[str, int]:
    return {name: item[name] for name in ("counted", "rejected", "late", "results")}
