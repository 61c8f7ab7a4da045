"""The session job's batches and Spark's own session windows over the same files, in one session."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from awsglue.context import GlueContext
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks.job_session import RAW
from catalog.streams import CLICKSTREAM
from glue_jobs.click_sessions import Options
from glue_jobs.lambda_sink import Sink
from glue_jobs.session_batch import SessionBatches
from transforms import sessions as S
from transforms.events import parse_events, unpacked


@dataclass(frozen=True)
class Terms:
    """What a session is, seconds."""

    gap: int
    lateness: int = 5

    def options(self, checkpoint: Path) -> Options:
        """As options of the job."""
        return Options(
            "bench",
            str(checkpoint),
            "none",
            gap=timedelta(seconds=self.gap),
            allowed_lateness=timedelta(seconds=self.lateness),
        )


def batches(
    spark: SparkSession, terms: Terms, checkpoint: Path, sink: Sink, report: Any
) -> SessionBatches:
    """The job's batch function with another sink."""
    declared = CLICKSTREAM.schema.struct_type()
    glue = GlueContext(spark.sparkContext)
    options = terms.options(checkpoint)
    return SessionBatches(glue, options, declared, sink, report, lambda _: "bench")


def into_nothing(records: DataFrame) -> int:
    """A sink that takes every record and keeps none."""
    records.write.format("noop").mode("overwrite").save()
    return 0


def job_seconds(
    spark: SparkSession, terms: Terms, events: Path, shards: int, checkpoint: Path
) -> list[float]:
    """How long each batch of the job took, raw rows to records and state."""
    function = batches(spark, terms, checkpoint, into_nothing, lambda item: None)
    return _seconds(_rows(spark, events, shards), function, checkpoint)


def native_seconds(
    spark: SparkSession, terms: Terms, events: Path, shards: int, checkpoint: Path
) -> list[float]:
    """How long each batch of `session_window` took, raw rows to records of closed sessions."""
    declared = CLICKSTREAM.schema.struct_type()
    parsed = parse_events(_rows(spark, events, shards), declared, timedelta(minutes=1))
    clicks = unpacked(parsed).where(F.col("reason").isNull())
    sessions = (
        clicks.withColumn("at", F.timestamp_millis("event_timestamp"))
        .withWatermark("at", f"{terms.lateness} seconds")
        .groupBy("user_id", F.session_window("at", f"{terms.gap} seconds"))
        .agg(*_sums())
    )
    return _seconds(sessions, _native_records, checkpoint)


def _sums() -> list[Column]:
    """What session_window can tell of a session, under the names of `transforms.sessions`."""
    at = F.col("event_timestamp")
    return [
        F.min(at).alias("start"),
        F.max(at).alias("end"),
        F.count("*").alias("events"),
        F.min_by("device_type", at).alias("device"),
        F.min_by("event_name", at).alias("entry"),
        F.max_by("event_name", at).alias("exit"),
        F.count_if(F.col("event_type") == "purchase").alias("purchases"),
    ]


def _native_records(closed: DataFrame, _: int) -> None:
    """Closed sessions as the records that the job makes of them."""
    none = F.lit(0).cast("bigint")
    told = {"kind": F.lit("row"), "status": F.lit("closed"), "revision": F.col("events")}
    rows = closed.withColumns({**told, "key": none, "device_changes": none})
    into_nothing(S.to_deliver(S.session_rows(rows, "closed"), 0))


def _rows(spark: SparkSession, events: Path, shards: int) -> DataFrame:
    files = spark.readStream.schema(RAW).option("maxFilesPerTrigger", shards)
    return files.parquet(str(events))


def _seconds(frame: DataFrame, function: Any, checkpoint: Path) -> list[float]:
    query = (
        frame.writeStream.outputMode("append")
        .option("checkpointLocation", str(checkpoint))
        .trigger(availableNow=True)
        .foreachBatch(function)
        .start()
    )
    query.awaitTermination()
    return [
        progress["durationMs"]["triggerExecution"] / 1_000
        for progress in query.recentProgress
        if progress["numInputRows"]
    ]


class Told:
    """A sink that keeps what each batch told, as `session_truth.check` takes it."""

    def __init__(self) -> None:
        self.batch = 0
        self._rows: list[dict[str, Any]] = []

    def __call__(self, records: DataFrame) -> int:
        """Keeps the records."""
        for record in records.select("data").toLocalIterator():
            self._rows.append(self._row(json.loads(record["data"])))
        return 0

    def table(self) -> pa.Table:
        """All rows so far."""
        return pa.Table.from_pylist(self._rows)

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        return {
            "batch": self.batch,
            "user_id": row["user_id"],
            "start": _epoch_ms(row["started_at"]),
            "end": _epoch_ms(row["ended_at"]) if row["ended_at"] else 0,
            "events": row["events"] or 0,
            "status": row["status"],
            "revision": row["revision"],
        }


def _epoch_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000)
