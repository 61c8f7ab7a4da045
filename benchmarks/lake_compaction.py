"""The maintenance of a day of small files: how long it takes, and what queries gain by it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from deltalake import write_deltalake

from benchmarks import lake_day
from benchmarks.lake_day import DAY, Size, bytes_of
from benchmarks.suite import Progress
from catalog.lake import CLICKS
from glue_jobs import maintenance

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_PRODUCT: Final = "product-00042"
_BEFORE, _AFTER = 3, 5


@dataclass(frozen=True)
class Settings:
    """The options of the job; a day is open as long as `closed_after` says."""

    lake_path: str
    closed_after: timedelta
    database: str = "clickstream"
    tables: tuple[str, ...] = (CLICKS.name,)
    target_file_size: int = 128 * 1024 * 1024
    recluster_share: float = 0.1
    retention: timedelta = timedelta(days=7)


@dataclass
class Lake:
    """A lake with the table `clicks`."""

    spark: SparkSession
    place: Path

    @property
    def location(self) -> Path:
        """Where the table is."""
        return self.place / CLICKS.name

    def note_earlier_days(self, size: Size) -> None:
        """They were clustered before: the day alone is measured."""
        notes = dict.fromkeys(map(str, lake_day.EARLIER), size.earlier_rows)
        folder = self.place / "_maintenance"
        folder.mkdir()
        (folder / f"{CLICKS.name}.json").write_text(json.dumps(notes))

    def maintain(self, *, closed: bool) -> tuple[float, dict[str, Any]]:
        """A run of the job's maintenance; its seconds, and what it said of the table."""
        after = timedelta(hours=6) if closed else timedelta(days=36_500)
        said: list[str] = []
        started = time.monotonic()
        maintenance.run(
            self.spark,
            Settings(str(self.place), after),
            lambda: datetime.now(UTC),
            said.append,
            lambda *_: True,
        )
        return time.monotonic() - started, json.loads(said[0])

    def by_product(self) -> DataFrame:
        """The day's clicks, counted by product."""
        return self._clicks().groupBy("product_id").count()

    def of_product(self) -> DataFrame:
        """One product's day: clicks, and the prices they saw."""
        return (
            self._clicks()
            .where(f"product_id = '{_PRODUCT}'")
            .selectExpr("count(*) AS clicks", "sum(price_cents) AS cents")
        )

    def scanned(self) -> int:
        """Bytes of the files that a query of the day opens, as its scan says."""
        query = self.by_product()
        query.collect()
        plan = query._jdf.queryExecution().executedPlan()  # noqa: SLF001 - metrics are in the JVM
        leaves = plan.collectLeaves()
        sizes = [leaves.apply(n).metrics().apply("filesSize").value() for n in range(leaves.size())]
        return int(sum(sizes))

    def _clicks(self) -> DataFrame:
        clicks = self.spark.read.format("delta").load(str(self.location))
        return clicks.where(f"event_date = '{DAY}'")


@dataclass(frozen=True)
class Compaction:
    """What was measured; seconds, each a list of runs."""

    write: float
    rewrite: float
    compact: float
    cluster: float
    before: dict[str, list[float]]
    after: dict[str, list[float]]
    files: dict[str, int]
    day_bytes: int
    scanned: int

    def gain(self, query: str) -> tuple[float, float]:
        """Median seconds of a query before, and after."""
        return median(self.before[query]), median(self.after[query])


def measure(spark: SparkSession, folder: Path, size: Size, progress: Progress) -> Compaction:
    """Two copies of the table: one's day is compacted while open, the other's clustered."""
    opened, closed = Lake(spark, folder / "open"), Lake(spark, folder / "closed")
    write, _ = _timed(lambda: lake_day.write(opened.location, size))
    shutil.copytree(opened.location, closed.location)
    closed.note_earlier_days(size)
    progress(f"{size.files:,} files of {size.rows} rows: {write:.1f} s")
    rewrite, _ = _timed(lambda: _rewrite(opened, folder / "rewritten"))
    progress(f"read and written again as parquet: {rewrite:.1f} s")
    before = _queries(closed, _BEFORE)
    progress(f"queries before: {before}")
    compact, told = opened.maintain(closed=False)
    progress(f"compacted: {compact:.1f} s, {told}")
    cluster, told = closed.maintain(closed=True)
    progress(f"clustered: {cluster:.1f} s, {told}")
    after = _queries(closed, _AFTER)
    progress(f"queries after: {after}")
    files = {lake.place.name: bytes_of(lake.location, DAY)[0] for lake in (opened, closed)}
    day_bytes = bytes_of(closed.location, DAY)[1]
    scanned = closed.scanned()
    return Compaction(write, rewrite, compact, cluster, before, after, files, day_bytes, scanned)


def day(spark: SparkSession, folder: Path, progress: Progress, commits: int) -> dict[str, Any]:
    """A commit every ten seconds of a day and a run of maintenance every hour; most files."""
    lake, an_hour = Lake(spark, folder), 360
    counts, seconds = [], []
    for number, batch in zip(range(commits), lake_day.batches(10), strict=False):
        write_deltalake(lake.location, batch, mode="append", partition_by=["event_date"])
        if (number + 1) % an_hour == 0:
            counts.append(bytes_of(lake.location, DAY)[0])
            seconds.append(lake.maintain(closed=False)[0])
            progress(f"{number + 1:,} commits: {counts[-1]} files, {seconds[-1]:.1f} s")
    return {
        "most_files": max(counts),
        "files_at_the_end": bytes_of(lake.location, DAY)[0],
        "run_seconds": seconds,
    }


def _queries(lake: Lake, times: int) -> dict[str, list[float]]:
    queries: dict[str, Callable[[], DataFrame]] = {
        "count_by_product": lake.by_product,
        "of_a_product": lake.of_product,
    }
    return {
        name: [_timed(lambda q=query: q().collect())[0] for _ in range(times)]
        for name, query in queries.items()
    }


def _rewrite(lake: Lake, to: Path) -> None:
    """The reference: what Spark alone takes to read the files and write one."""
    files = lake.spark.read.parquet(str(lake.location / f"event_date={DAY}"))
    files.repartition(1).write.parquet(str(to))


def _timed(do: Callable[[], Any]) -> tuple[float, Any]:
    started = time.monotonic()
    done = do()
    return time.monotonic() - started, done
