"""How fast the archive's batches put a stream into Delta, beside the same stream as plain parquet.

All read the same Kinesis stream from a loopback endpoint with the same source, in the same Spark
session, and take turns over the whole of it, each time from an empty checkpoint into an empty
folder; the first turn of each warms the session and is not counted. The plain ones parse the events
with `from_json` and write them by day, one with what the stream says of each record, as the archive
does, the other the fields of the events alone; they set nothing aside and find nothing again. The
events are written without spaces and in the order declared, which costs the archive the least. A
turn's time is the sum of its batches', reading of the stream and commits of the engine included.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

from awsglue.context import GlueContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks.endpoint import serving
from benchmarks.session_events import Clicks, draw, to_rows
from benchmarks.suite import Progress
from catalog.lake import CLICKS
from catalog.streams import CLICKSTREAM
from glue_jobs import lake
from glue_jobs.archive_batch import ArchiveBatches
from glue_jobs.click_archive import Options

TURNS: Final = 3
_WAIT_SECONDS: Final = 0.05
_OPTIONS: Final = Options("bench", "none", "none")
Batch = Callable[[DataFrame, int], None]


@dataclass(frozen=True)
class Speed:
    """Seconds of each counted turn, and of each batch of the archive's last one."""

    events: int
    job: list[float]
    plain: list[float]
    fields: list[float]
    batches: list[float]
    files: int

    def rate(self, seconds: list[float]) -> float:
        """Events a second, median."""
        return self.events / median(seconds)


class WrongArchiveError(AssertionError):
    """Raised when the history is not the events that were sent."""


def measure(spark: SparkSession, folder: Path, clicks: Clicks, progress: Progress) -> Speed:
    """Turns of all over the whole stream.

    Raises:
        WrongArchiveError: the history does not hold each event once.
    """
    sent = folder / "sent.jsonl"
    events = to_rows(draw(clicks), 0).column("data").to_pylist()
    sent.write_bytes(b"\n".join(events) + b"\n")
    programs = {"job": _archive, "plain": _plain, "fields": _fields}
    seconds: dict[str, list[list[float]]] = {name: [] for name in programs}
    with serving(
        "benchmarks.kinesis_loopback", "--events", str(sent), "--shards", str(clicks.shards)
    ) as url:
        for turn in range(TURNS + 1):
            for name, program in programs.items():
                here = folder / f"{name}-{turn}"
                took = _turn(spark, url, clicks, here / "checkpoint", program(spark, here))
                _tell(progress, turn, name, clicks, took)
                seconds[name] += [took] if turn else []
                if name == "job":
                    files = _checked(spark, str(here / "lake"), clicks)
                shutil.rmtree(here)
    turns = {name: [sum(took) for took in of] for name, of in seconds.items()}
    return Speed(clicks.events, **turns, batches=seconds["job"][-1], files=files)


def _tell(progress: Progress, turn: int, name: str, clicks: Clicks, took: list[float]) -> None:
    kind = "counted" if turn else "warm-up"
    rate = clicks.events / sum(took)
    progress(f"{kind}: {name} {rate:,.0f} events/s, batches {', '.join(f'{t:.1f}' for t in took)}")


def _archive(spark: SparkSession, folder: Path) -> Batch:
    """The job's batch function; the Data Catalog is the contract."""
    options = replace(_OPTIONS, lake_path=str(folder / "lake"))
    batches = ArchiveBatches(
        GlueContext(spark.sparkContext),
        options,
        report=lambda item: None,
        query_id=lambda _: "bench",
        fields=lambda *_: CLICKSTREAM.schema.struct_type(),
    )
    batches.prepare()
    return batches


def _plain(spark: SparkSession, folder: Path) -> Batch:
    """What writes the records of a batch as parquet, by the day of their events."""
    return _parquet(folder / "plain", "*")


def _fields(spark: SparkSession, folder: Path) -> Batch:
    """What writes the events of a batch likewise, without their place in the stream."""
    return _parquet(folder / "fields", "event")


def _parquet(place: Path, columns: str) -> Batch:
    ddl = CLICKSTREAM.schema.ddl()

    def write(rows: DataFrame, _: int) -> None:
        event = F.from_json(F.col("data").cast("string"), ddl)
        parsed = rows.withColumn("event", event).drop("data").select(columns)
        day = F.to_date(F.timestamp_millis("event.event_timestamp"))
        dated = parsed.withColumn(CLICKS.partition_key, day).select("*", "event.*").drop("event")
        dated.write.mode("append").partitionBy(CLICKS.partition_key).parquet(str(place))

    return write


def _turn(
    spark: SparkSession, url: str, clicks: Clicks, checkpoint: Path, batch: Batch
) -> list[float]:
    """How long each batch took until the stream was read to its end."""
    stream = {
        "streamName": CLICKSTREAM.name,
        "endpointUrl": url,
        "region": "us-east-1",
        "startingPosition": "TRIM_HORIZON",
        "maxFetchRecordsPerShard": _OPTIONS.max_fetch_records_per_shard,
    }
    rows = spark.readStream.format("kinesis").options(**stream).load()
    writer = rows.writeStream.foreachBatch(batch).option("checkpointLocation", str(checkpoint))
    query = writer.start()
    try:
        while sum(done["numInputRows"] for done in query.recentProgress) < clicks.events:
            query.awaitTermination(_WAIT_SECONDS)  # type: ignore[arg-type]
        found = query.recentProgress
    finally:
        query.stop()
    return [p["durationMs"]["triggerExecution"] / 1_000 for p in found if p["numInputRows"]]


def _checked(spark: SparkSession, place: str, clicks: Clicks) -> int:
    """The files of the history, which holds each event once."""
    history = lake.read(spark, CLICKS, place)
    rows, ids = history.agg(F.count("*"), F.count_distinct("event_id")).collect()[0]
    if (rows, ids) != (clicks.events, clicks.events):
        raise WrongArchiveError(f"{clicks.events} events; the history has {rows}, {ids} distinct")
    return len(history.inputFiles())
