"""One micro-batch of the archive: raw rows -> rejects, clicks, and the batch's item.

Each table gets one commit, which Delta takes once for a streaming query and a batch. A batch that
is tried again finds its own rows by their positions in the stream, so it counts what it counted.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from catalog.columns import Schema
from catalog.errors import CatalogError
from catalog.lake import CLICK_REJECTS, CLICKS
from catalog.streams import CLICKSTREAM
from catalog.tables import LakeTable
from glue_jobs import intake, lake, progress, sources
from glue_jobs.dynamodb import Item
from glue_jobs.frames import cached, first
from glue_jobs.options import OptionError
from transforms import archive as A
from transforms import events as E
from transforms import times
from transforms.intervals import covering
from transforms.rules import WHOLE_CLICKS

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import DataFrame, Row
    from pyspark.sql import types as T

# Of a file at most, unless a task for each core is not enough for that: a small batch is one file.
FILE_ROWS: Final = 100_000
# A predicate of more would take longer to plan than it saves.
MAX_INTERVALS: Final = 24


class ArchiveSettings(Protocol):
    """The options of the job that a batch depends on."""

    JOB_NAME: str
    database: str
    table: str
    lake_path: str
    duplicate_horizon: timedelta


def stream_fields(glue: GlueContext, options: ArchiveSettings) -> T.StructType:
    """The stream's fields as the Data Catalog declares them now.

    Raises:
        OptionError: one of the contract is missing or has another type.
    """
    return sources.declared_schema(glue, options.database, options.table, CLICKSTREAM.schema)


def of_job(glue: GlueContext, options: ArchiveSettings) -> ArchiveBatches:
    """The batch function of the job; the tables are there, and fit what the stream declares.

    Raises:
        OptionError: an option, or a column that the Data Catalog declares, is not allowed.
        LakeError: a table cannot be made or read, or has a column of another type.
    """
    batches = ArchiveBatches(glue, options)
    batches.prepare()
    return batches


@dataclass(frozen=True)
class ArchiveBatches:
    """The batch function of the job: `batches(rows, batch_id)`.

    `fields` are asked for before each batch: one that is declared meanwhile becomes a column.
    `clock` measures how long a batch took, and nothing else.
    """

    glue: GlueContext
    options: ArchiveSettings
    report: Callable[[Item], None] = progress.put_batch
    query_id: Callable[[GlueContext], str] = progress.running_query
    fields: Callable[[GlueContext, ArchiveSettings], T.StructType] = stream_fields
    clock: Callable[[], float] = time.monotonic

    def prepare(self) -> None:
        """Has the tables there, and compares them with what the stream declares.

        Raises:
            OptionError: an option, or a field, is not allowed.
            LakeError: a table cannot be made or read, or has a column of another type.
        """
        lake.check(self.glue.spark_session, self.options.lake_path)
        for table in (CLICKS, CLICK_REJECTS):
            lake.ensure(self.glue.spark_session, table, self.options.lake_path)
        self.declared()

    def __call__(self, rows: DataFrame, batch_id: int) -> None:
        """Writes all that the batch gives, then says in `job_batches` what became of it."""
        started = self.clock()
        batch = {"query_id": self.query_id(self.glue), "batch_id": batch_id}
        with ExitStack() as caches:
            outcome = self._archive(rows, batch, caches)
        item = {**batch, "job": self.options.JOB_NAME, **outcome}
        self.report(item)
        line = {**item, "seconds": round(self.clock() - started, 3)}
        self.glue.get_logger().info(json.dumps(line))

    def declared(self) -> tuple[T.StructType, Schema]:
        """The stream's fields as they are declared now, and the columns of `clicks` with them.

        Raises:
            OptionError: a field cannot be a column.
            LakeError: the table has one of that name and another type.
        """
        options = self.options
        declared = self.fields(self.glue, options)
        try:
            schema = A.table_schema(declared)
        except CatalogError as error:
            raise OptionError(f"--table: {options.database}.{options.table}: {error}") from error
        types = {column.name: column.type for column in schema}
        lake.check_types(self.glue.spark_session, CLICKS, options.lake_path, types)
        return declared, schema

    def _archive(self, rows: DataFrame, batch: dict[str, Any], caches: ExitStack) -> dict[str, Any]:
        declared, schema = self.declared()
        parsed = E.parse_events(rows, declared, None, WHOLE_CLICKS)
        aside: list[DataFrame] = []
        records, found = intake.read(
            parsed, declared, aside.append, caches, WHOLE_CLICKS, A.arrivals
        )
        batch = {**batch, "declared": _digest(declared)}
        fresh, new, duplicates = self._told_apart(records, found, aside, caches)
        rejected, counted = found["set_aside"] + duplicates, found["good"] - duplicates
        if rejected:
            self._set_aside(A.click_rejects(aside, self.options.JOB_NAME), batch, caches)
        if new:
            rows = A.clicks(fresh, schema, with_data=found["with_data"] > 0)
            self._append(rows, CLICKS, batch, new)
        return {
            "counted": counted,
            "rejected": rejected,
            "late": 0,
            "results": counted,
            "last_arrival_at": found["last_arrival_at"],
        }

    def _told_apart(
        self, records: DataFrame, found: Row, aside: list[DataFrame], caches: ExitStack
    ) -> tuple[DataFrame, int, int]:
        """The records that are new, how many they are, and how many are duplicates of others, which
        go to those set aside.
        """
        if not found["good"]:
            return records, 0, 0
        archived = self._archived(records, found)
        with lake.reported(CLICKS, self.options.lake_path):
            if not first(A.repeated(records, archived))["times"]:
                return records, found["good"], 0
            doubted = caches.enter_context(cached(A.doubts(records, archived)))
            judged = caches.enter_context(cached(A.verdicts(records, doubted)))
            duplicates = judged.where(judged["verdict"] == A.DUPLICATE).count()
        if duplicates:
            aside.append(A.duplicates(records, judged))
        # Kept, so that Delta sees rows and not a reading of the table it appends to.
        fresh = caches.enter_context(cached(A.without(records, judged)))
        return fresh, fresh.count(), duplicates

    def _set_aside(self, lazy: DataFrame, batch: dict[str, Any], caches: ExitStack) -> None:
        rejects = caches.enter_context(cached(lazy))
        span = first(A.arrival_span(rejects))
        archived = lake.read(self.glue.spark_session, CLICK_REJECTS, self.options.lake_path)
        new = caches.enter_context(cached(A.not_yet(rejects, archived, *span)))
        count = new.count()
        if count:
            self._append(new.select(*rejects.columns), CLICK_REJECTS, batch, count)

    def _archived(self, records: DataFrame, found: Row) -> DataFrame:
        """The archived clicks that these records may be again."""
        margin = times.milliseconds(self.options.duplicate_horizon)
        spans = [(found["earliest"], found["latest"])]
        if found["latest"] - found["earliest"] > A.HOUR_MS:
            spans = [(row["earliest"], row["latest"]) for row in A.hours(records).collect()]
        archived = lake.read(self.glue.spark_session, CLICKS, self.options.lake_path)
        return A.within(archived, covering(spans, margin, MAX_INTERVALS))

    def _append(self, rows: DataFrame, table: LakeTable, batch: dict[str, Any], count: int) -> None:
        cores = self.glue.spark_session.sparkContext.defaultParallelism
        lake.append(
            rows.coalesce(min(cores, -(-count // FILE_ROWS))),
            table,
            self.options.lake_path,
            app=f"{batch['query_id']}/{table.name}/{batch['declared']}",
            version=batch["batch_id"],
            note=json.dumps({"job": self.options.JOB_NAME, **batch}),
            evolve=True,
        )


def _digest(declared: T.StructType) -> str:
    """Of what the stream declared when a batch was judged: a try that judges otherwise is no replay
    of the one before, and its commit must not pass for that one's. Positions tell them apart.
    """
    return hashlib.sha256(declared.json().encode()).hexdigest()[:12]
