"""GlueContext: readers, writers and the batch loop of a script."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from gluelocal import batches
from gluelocal.datacatalog import get_table
from gluelocal.parity import not_implemented
from pyspark import RDD, SparkContext
from pyspark.sql import DataFrame, SparkSession, SQLContext
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue.data_sink import DataSink
from awsglue.data_source import DataSource, StreamingDataSource
from awsglue.dataframereader import DataFrameReader
from awsglue.dataframewriter import DataFrameWriter
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.dynamicframereader import DynamicFrameReader, DynamicFrameWriter

_UNITS = ("year", "month", "day", "hour", "minute")
_PATTERNS = {"year": "yyyy", "month": "MM", "day": "dd", "hour": "HH", "minute": "mm"}


class GlueLogger:
    """What `get_logger` gives: messages go to Python's logging, under the name GlueLogger."""

    def __init__(self) -> None:
        self._logger = logging.getLogger("GlueLogger")

    def info(self, msg: str) -> None:
        """Log at level INFO."""
        self._logger.info(msg)

    def warn(self, msg: str) -> None:
        """Log at level WARNING."""
        self._logger.warning(msg)

    def error(self, msg: str) -> None:
        """Log at level ERROR."""
        self._logger.error(msg)

    def debug(self, msg: str) -> None:
        """Log at level DEBUG."""
        self._logger.debug(msg)


class GlueContext(SQLContext):
    """The entry point of a script; a SQLContext as well, so `sql`, `read` and `table` work.

    Takes a SparkContext, a SparkSession or nothing; `minPartitions` and `targetPartitions` are
    accepted and have no effect here.
    """

    Spark_SQL_Formats: ClassVar[set[str]] = {"parquet", "orc"}
    Unsupported_Compression_Types: ClassVar[set[str]] = {"lzo"}

    def __init__(
        self, sparkContext: SparkContext | SparkSession | None = None, **options: Any
    ) -> None:
        if isinstance(sparkContext, SparkSession):
            session = sparkContext
        else:
            session = SparkSession.builder.getOrCreate()
        super().__init__(session.sparkContext, sparkSession=session)
        self._glue_logger = GlueLogger()
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.create_data_frame = DataFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)
        self.write_data_frame = DataFrameWriter(self)

    @property
    def spark_session(self) -> SparkSession:
        """The session; `sparkSession` is the same."""
        return self.sparkSession

    def get_logger(self) -> GlueLogger:
        """The job's logger."""
        return self._glue_logger

    def currentTimeMillis(self) -> int:
        """Now, UTC epoch milliseconds."""
        return time.time_ns() // 1_000_000

    # Sources

    def getSource(
        self, connection_type: str, format: str | None = None, transformation_ctx: str = "",
        push_down_predicate: str = "", **options: Any,
    ) -> DataSource:  # fmt: skip
        """A source of the connection type with its connection options."""
        if str(format).lower() in self.Spark_SQL_Formats:
            return DataSource(self, str(format).lower(), None, options)
        return DataSource(self, connection_type, format, options)

    def getStreamingSource(
        self, connection_type: str, format: str | None = None, transformation_ctx: str = "",
        push_down_predicate: str = "", **options: Any,
    ) -> StreamingDataSource:  # fmt: skip
        """A streaming source of the connection type."""
        return StreamingDataSource(self, connection_type, format, options)

    def create_dynamic_frame_from_rdd(
        self, data: RDD[Any], name: str, schema: Any = None, sample_ratio: float | None = None,
        transformation_ctx: str = "",
    ) -> DynamicFrame:  # fmt: skip
        """A frame of an RDD of dicts, rows or tuples; dicts may differ in their fields."""
        return self.create_dynamic_frame.from_rdd(data, name, schema, sample_ratio)

    def create_dynamic_frame_from_catalog(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        """`create_dynamic_frame.from_catalog`."""
        return self.create_dynamic_frame.from_catalog(*args, **kwargs)

    def create_dynamic_frame_from_options(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        """`create_dynamic_frame.from_options`."""
        return self.create_dynamic_frame.from_options(*args, **kwargs)

    def create_data_frame_from_catalog(self, *args: Any, **kwargs: Any) -> DataFrame:
        """`create_data_frame.from_catalog`."""
        return self.create_data_frame.from_catalog(*args, **kwargs)

    def create_data_frame_from_options(self, *args: Any, **kwargs: Any) -> DataFrame:
        """`create_data_frame.from_options`."""
        return self.create_data_frame.from_options(*args, **kwargs)

    # Sinks

    def getSink(
        self, connection_type: str, format: str | None = None, transformation_ctx: str = "",
        **options: Any,
    ) -> DataSink:  # fmt: skip
        """A sink of the connection type with its connection options."""
        return DataSink(self, connection_type, format, options)

    def write_dynamic_frame_from_options(self, *args: Any, **kwargs: Any) -> Any:
        """`write_dynamic_frame.from_options`."""
        return self.write_dynamic_frame.from_options(*args, **kwargs)

    def write_dynamic_frame_from_catalog(self, *args: Any, **kwargs: Any) -> Any:
        """`write_dynamic_frame.from_catalog`."""
        return self.write_dynamic_frame.from_catalog(*args, **kwargs)

    def write_data_frame_from_catalog(self, *args: Any, **kwargs: Any) -> Any:
        """`write_data_frame.from_catalog`."""
        return self.write_data_frame.from_catalog(*args, **kwargs)

    def write_from_options(
        self, frame_or_dfc: DynamicFrame | DynamicFrameCollection, connection_type: str,
        connection_options: Mapping[str, Any] | None = None, format: str | None = None,
        format_options: Mapping[str, Any] | None = None, transformation_ctx: str = "",
    ) -> Any:  # fmt: skip
        """Write a frame, or every frame of a collection. Raises TypeError for anything else."""
        return self.write_dynamic_frame.from_options(
            frame_or_dfc, connection_type, connection_options, format, format_options
        )

    # Streams

    def forEachBatch(
        self, frame: DataFrame, batch_function: Callable[[DataFrame, int], None],
        options: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Hand every micro-batch that is not empty to `batch_function(frame, batch_id)`. Blocks.

        Options: windowSize and checkpointLocation are required; batchMaxRetries 3 (0 to 100),
        persistDataFrame "true", storageLevel MEMORY_AND_DISK. A failed batch is tried again from
        the checkpoint after 1, 2, 5, 5 ... seconds; the count starts anew once a batch succeeds.

        Raises:
            Exception: a required option is missing; or what the last retry ended with.
            ValueError: batchMaxRetries is out of range.
        """
        parsed = batches.BatchOptions.parse(options or {})
        batches.BatchRunner(batch_function, parsed, self._glue_logger).run(frame)

    def add_ingestion_time_columns(self, frame: DataFrame, time_granularity: str) -> DataFrame:
        """`frame` with ingest_year, ingest_month, ingest_day[, ingest_hour[, ingest_minute]].

        Zero-padded text of the processing time in UTC; the granularity is day, hour or minute.
        """
        if time_granularity not in ("day", "hour", "minute"):
            raise ValueError(
                f"time_granularity: found {time_granularity!r}; use day, hour or minute."
            )
        now = F.to_utc_timestamp(F.current_timestamp(), F.current_timezone())
        names = _UNITS[: _UNITS.index(time_granularity) + 1]
        parts = [F.date_format(now, _PATTERNS[name]).alias(f"ingest_{name}") for name in names]
        return frame.select("*", *parts)

    def get_catalog_schema_as_spark_schema(
        self, database: str, table_name: str, catalog_id: str | None = None
    ) -> T.StructType:
        """The columns of a catalog table as a Spark schema."""
        return get_table(database, table_name, catalog_id).schema

    getSampleStreamingDynamicFrame = not_implemented("Studio's preview of a stream")
    create_sample_dynamic_frame_from_catalog = not_implemented()
    create_sample_dynamic_frame_from_options = not_implemented()
    write_dynamic_frame_from_jdbc_conf = not_implemented("JDBC")
    extract_jdbc_conf = not_implemented("JDBC")
    purge_table = not_implemented()
    purge_s3_path = not_implemented()
    transition_table = not_implemented("S3 storage classes")
    transition_s3_path = not_implemented("S3 storage classes")
    start_transaction = not_implemented("governed tables")
    commit_transaction = not_implemented("governed tables")
    cancel_transaction = not_implemented("governed tables")
    convert_resolve_option = not_implemented()
