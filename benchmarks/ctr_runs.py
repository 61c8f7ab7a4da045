"""The batch function of the click-through rates over prepared files, batch by batch."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median

from awsglue.context import GlueContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks.ctr_actions import Sites, write
from benchmarks.suite import Progress
from catalog.streams import BROWSER_ACTIONS
from glue_jobs.ctr_anomalies import Options
from glue_jobs.ctr_batch import CtrBatches
from glue_jobs.frames import cached, first
from transforms import ctr as C
from transforms.events import parse_events, unpacked
from transforms.rules import BROWSER
from transforms.stream_clock import progress as progress_of

_DECLARED = BROWSER_ACTIONS.schema


def into_nothing(records: DataFrame) -> int:
    """A sink that takes every record and keeps none."""
    records.write.format("noop").mode("overwrite").save()
    return 0


@dataclass
class Driver:
    """The job's batch function; windows go to the DynamoDB endpoint of the environment."""

    spark: SparkSession
    folder: Path
    profile: str
    sites: Sites = field(default_factory=Sites)
    window: int = 0
    seconds: list[float] = field(default_factory=list)
    actions: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        options = Options(
            "bench",
            str(self.folder / "checkpoint"),
            "none",
            profile=self.profile,
            allowed_lateness=timedelta(0),
        )
        self._function = CtrBatches(
            GlueContext(self.spark.sparkContext),
            options,
            _DECLARED.struct_type(),
            into_nothing,
            query_id=lambda _: "bench",
        )

    def run(self, windows: int = 1) -> float:
        """One batch of so many windows of every site; how long it took, seconds."""
        read = self.folder / "read"
        read.mkdir()
        for _ in range(windows):
            self.actions += write(self.sites, self.window, read)
            self.window += 1
        rows = self.spark.read.parquet(str(read))
        started = time.monotonic()
        self._function(rows, self.window)
        took = time.monotonic() - started
        self.seconds.append(took)
        shutil.rmtree(read)
        return took

    def restarted(self, folder: Path) -> Driver:
        """The job in other processes, which have no detector in memory: at a copy of the state."""
        shutil.copytree(self.folder, folder)
        return Driver(self.spark, folder, self.profile, self.sites, self.window)

    def state_bytes(self) -> int:
        """Size of all that is kept beside the checkpoint."""
        files = (self.folder / "checkpoint").rglob("*")
        return sum(path.stat().st_size for path in files if path.is_file())


def counting_seconds(
    spark: SparkSession, folder: Path, turns: int, sites: Sites, windows: int, progress: Progress
) -> tuple[int, list[float], list[float]]:
    """Raw rows into windows: the job's records, kept and counted, beside Spark's own JSON and
    `window`, which keep nothing and set nothing aside.

    How many actions there are, and the seconds of each turn of both; the first is not counted.
    """
    folder.mkdir()
    total = sum(write(sites, window, folder) for window in range(windows))
    rows = spark.read.parquet(str(folder))
    ours: list[float] = []
    native: list[float] = []
    for turn in range(turns + 1):
        for name, program, took in (("job", _ours, ours), ("native", _native, native)):
            started = time.monotonic()
            program(rows)
            took.append(time.monotonic() - started)
            progress(f"turn {turn}, {name}: {total / took[-1]:,.0f} actions/s")
    return total, ours[1:], native[1:]


def _ours(rows: DataFrame) -> None:
    lateness = timedelta(seconds=10)
    parsed = parse_events(rows, _DECLARED.struct_type(), lateness, BROWSER)
    with cached(parsed) as kept:
        records = unpacked(kept)
        first(progress_of(records))
        into_nothing(C.counts(records))


def _native(rows: DataFrame) -> None:
    event = F.from_json(F.col("data").cast("string"), _DECLARED.struct_type())
    read = rows.select(event.alias("event")).select("event.*")
    at = F.timestamp_millis("event_timestamp")
    counts = read.groupBy("site", F.window(at, "10 seconds")).agg(
        F.count_if(F.col("browseraction") == "Click"),
        F.count_if(F.col("browseraction") == "Impression"),
    )
    into_nothing(counts)


def steady(driver: Driver, warm: int, counted: int, progress: Progress) -> tuple[float, float]:
    """Batches of a window each, after `warm` of them: median and longest, seconds."""
    for number in range(warm + counted):
        took = driver.run()
        progress(f"{driver.profile}, batch {number}: {took:.2f} s")
    found = driver.seconds[-counted:]
    return median(found), max(found)
