"""The data source as Spark sees it.

Spark keeps one process for each query on the driver, in which it asks a stream reader for offsets
and tasks; executors get a pickled copy of that reader, of which only `read` is called.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark.sql.types import StructType

from pyspark_kinesis.options import KinesisOptions, parse_options

if TYPE_CHECKING:
    import pyarrow as pa

    from pyspark_kinesis.pieces import Piece
    from pyspark_kinesis.planner import Planner

SCHEMA_DDL = (
    "data BINARY, streamName STRING, partitionKey STRING, sequenceNumber STRING, "
    "approximateArrivalTimestamp TIMESTAMP"
)


class DefaultSource(DataSource):
    """`spark.readStream.format("kinesis")`: one row a record, in Glue's native schema."""

    def __init__(self, options: dict[str, str]) -> None:
        super().__init__(options)
        self._parsed = parse_options(options, os.environ)

    @classmethod
    def name(cls) -> str:
        """The name to give to `format`."""
        return "kinesis"

    def schema(self) -> str:
        """The columns; times are UTC."""
        return SCHEMA_DDL

    def streamReader(self, schema: StructType) -> KinesisStreamReader:  # noqa: N802
        """A reader for micro-batches."""
        return KinesisStreamReader(self._parsed)


@dataclass
class KinesisPartition(InputPartition):
    """One task: the pieces it reads, in order."""

    pieces: tuple[Piece, ...]


class KinesisStreamReader(DataSourceStreamReader):
    """Answers Spark's questions; all state is in the planner, which only the driver has."""

    def __init__(self, options: KinesisOptions) -> None:
        self._options = options
        self._planner: Planner | None = None

    def __getstate__(self) -> dict[str, Any]:
        """The options alone: threads and connections stay on the driver."""
        return {"_options": self._options, "_planner": None}

    def initialOffset(self) -> dict[str, Any]:  # noqa: N802
        """Where a query without a checkpoint starts."""
        return self._driver().initial().to_json()

    def latestOffset(self) -> dict[str, Any]:  # noqa: N802
        """The end of the next batch: of records that are already read."""
        return self._driver().latest().to_json()

    def partitions(self, start: dict[str, Any], end: dict[str, Any]) -> list[KinesisPartition]:
        """The tasks of the batch between two offsets."""
        return [KinesisPartition(pieces) for pieces in self._driver().partitions(start, end)]

    def commit(self, end: dict[str, Any]) -> None:
        """Let go of a batch that is done."""
        self._driver().commit(end)

    def stop(self) -> None:
        """End the threads and remove the spool."""
        if self._planner is not None:
            self._planner.stop()

    def read(self, partition: KinesisPartition) -> Iterator[pa.RecordBatch]:  # type: ignore[override]
        """The records of one task."""
        from pyspark_kinesis.tasks import read_task

        return read_task(partition.pieces, self._options)

    def _driver(self) -> Planner:
        if self._planner is None:
            from pyspark_kinesis.planner import Planner
            from pyspark_kinesis.transport import SignedTransport

            self._planner = Planner(self._options, SignedTransport(self._options))
            self._stop_on_sigterm()
        return self._planner

    def _stop_on_sigterm(self) -> None:
        # Spark ends the process of a stopped query with SIGTERM, without a call of stop().
        if threading.current_thread() is not threading.main_thread():
            return
        previous = signal.getsignal(signal.SIGTERM)
        if previous not in (signal.SIG_DFL, None):
            return

        planner = self._planner

        def on_sigterm(number: int, _: FrameType | None) -> None:
            # No locks and no waiting: the signal may come at any instant, and more than once.
            if planner is not None:
                planner.abandon()
            os._exit(128 + number)

        signal.signal(signal.SIGTERM, on_sigterm)
