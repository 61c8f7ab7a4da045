"""The files that a lake table consists of, and the commands that rewrite and delete them.

Which files there are is read from the table's log: no data file is opened for it.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from catalog.tables import LakeTable
from glue_jobs import blobs, lake
from glue_jobs.hadoop import Folder
from glue_jobs.upkeep import Action, Day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession

# Below the lake, where no table is; Delta and crawlers pass over names that begin so.
_NOTES = "_maintenance"


class LakeFiles:
    """One table's files.

    Raises:
        LakeError: of any method: the table's log or a file cannot be read or written.
    """

    def __init__(self, spark: SparkSession, table: LakeTable, place: str, target: int) -> None:
        self.spark, self.table, self.place, self.target = spark, table, place, target
        self._name = f"delta.`{table.location(place).replace('`', '``')}`"

    @cached_property
    def exists(self) -> bool:
        """Whether anything was ever written to it."""
        return lake.exists(self.spark, self.table, self.place)

    def days(self) -> list[Day]:
        """What stands now, by day."""
        files = self._files()
        day = F.col("partitionValues")[self.table.partition_key]
        small = F.when(F.col("size") < self.target, 1).otherwise(0)
        rows = F.coalesce(F.get_json_object("stats", "$.numRecords").cast("bigint"), F.lit(0))
        with lake.reported(self.table, self.place):
            found = files.groupBy(day.alias("day")).agg(
                F.count("*").alias("files"),
                F.sum(small).alias("small"),
                F.sum("size").alias("bytes"),
                F.sum(rows).alias("rows"),
            )
            return [Day(**{**r.asDict(), "day": _date(r.day)}) for r in found.collect()]

    def latest_commit(self) -> datetime:
        """When the store took the table's latest commit."""
        with lake.reported(self.table, self.place):
            return _moment(self._snapshot().timestamp())

    def rewrite(self, day: date, action: Action) -> int:
        """Puts a day's files together, with `cluster` in the order of the table's columns for it.

        Returns:
            The files that were replaced.
        """
        order = f" ZORDER BY ({', '.join(self.table.cluster_by)})" if action == "cluster" else ""
        where = f"WHERE {self.table.partition_key} = '{day.isoformat()}'"
        with lake.reported(self.table, self.place):
            (done,) = self.spark.sql(f"OPTIMIZE {self._name} {where}{order}").collect()
        return int(done.metrics.numFilesRemoved)

    def vacuum(self, hours: int) -> int:
        """Deletes the files that the table has not had for so long; how many there were."""
        command = f"VACUUM {self._name} RETAIN {hours} HOURS"
        with lake.reported(self.table, self.place):
            found = len(self.spark.sql(f"{command} DRY RUN").collect())
            if found:
                self.spark.sql(command)
        return found

    def clustered(self) -> dict[date, int]:
        """The rows that each clustered day had when it was; what was noted, else nothing.

        A damaged note is none: its days are clustered once more.
        """
        with lake.reported(self.table, self.place):
            notes, name = Folder(self.spark, f"{self.place.rstrip('/')}/{_NOTES}"), self._note
            if name not in notes.names():
                return {}
            try:
                noted = json.loads(notes.read(name))
                return {date.fromisoformat(day): int(rows) for day, rows in noted.items()}
            except (ValueError, TypeError, AttributeError):
                return {}

    def note_clustered(self, days: Mapping[date, int]) -> None:
        """Notes them for the next run; if the note is lost, days are clustered once more."""
        text = json.dumps({day.isoformat(): rows for day, rows in sorted(days.items())})
        blobs.put(f"{self.place.rstrip('/')}/{_NOTES}/{self._note}", text.encode())

    @property
    def _note(self) -> str:
        return f"{self.table.name}.json"

    def _files(self) -> DataFrame:
        return DataFrame(self._snapshot().allFiles().toDF(), self.spark)

    def _snapshot(self) -> Any:
        # Delta's SQL tells files and bytes of a table, not of its days.
        jvm: Any = self.spark.sparkContext._jvm  # noqa: SLF001 - PySpark has no other way to it
        session = self.spark._jsparkSession  # type: ignore[attr-defined]  # noqa: SLF001
        log = jvm.org.apache.spark.sql.delta.DeltaLog
        with lake.reported(self.table, self.place):
            found = log.forTableWithSnapshot(session, self.table.location(self.place))
        return found._2()  # noqa: SLF001 - a pair of Scala


def store_clock(spark: SparkSession, place: str) -> datetime:
    """The time that the lake's store gives to what is written now.

    Raises:
        LakeError: the store cannot be asked.
        OSError: it cannot be written to.
    """
    folder = f"{place.rstrip('/')}/{_NOTES}"
    blobs.put(f"{folder}/clock", b"")
    try:
        return _moment(Folder(spark, folder).modified_at("clock"))
    except Py4JJavaError as error:
        raise lake.LakeError(f"{folder}/clock: {lake.message(error)}") from error


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _date(value: str) -> date:
    return date.fromisoformat(value)
