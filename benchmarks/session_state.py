"""What the sessions' state costs: its size as events go by, and what idle users in it take."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from pyspark.sql import SparkSession

from benchmarks import session_runs as runs
from benchmarks.session_events import START_MS, Clicks, Sent, draw, write
from benchmarks.suite import Progress

GAP: Final = 1_800
SIZES: Final = (1, 5, 20)  # million events
IDLE_USERS: Final = 1_000_000
SMALL: Final = 1_000
_WARM: Final = 4
_COUNTED: Final = 11
_SHARDS: Final = 4
_SECOND_MS: Final = 1_000


@dataclass
class Driver:
    """The job's batch function, called batch by batch."""

    spark: SparkSession
    folder: Path
    batch: int = 0
    events: int = 0
    seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        terms = runs.Terms(GAP)
        self._function = runs.batches(
            self.spark, terms, self.folder / "checkpoint", runs.into_nothing, lambda item: None
        )

    def run(self, sent: Sent) -> None:
        """One batch of these events."""
        read = self.folder / "read"
        read.mkdir()
        write(sent, self.events, _SHARDS, read, "events")
        rows = self.spark.read.parquet(str(read))
        started = time.monotonic()
        self._function(rows, self.batch)
        self.seconds.append(time.monotonic() - started)
        shutil.rmtree(read)
        self.batch += 1
        self.events += len(sent.at)

    def size(self) -> dict[str, int]:
        """Bytes and files of the state."""
        files = [p for p in (self.folder / "checkpoint").rglob("*") if p.is_file()]
        return {"bytes": sum(path.stat().st_size for path in files), "files": len(files)}


def sizes(spark: SparkSession, folder: Path, progress: Progress) -> dict[int, dict[str, int]]:
    """Size of the state after so many million events of the same 50 k users."""
    driver = Driver(spark, folder)
    found = {}
    for million in range(1, max(SIZES) + 1):
        for part in _million(million):
            driver.run(part)
        if million in SIZES:
            found[million] = driver.size()
            progress(f"{million} M events: {found[million]['bytes']:,} bytes")
    return found


def _million(number: int) -> Iterator[Sent]:
    clicks = replace(Clicks(), seed=number)
    sent = draw(clicks, START_MS + number * clicks.span_ms)
    return (sent.part(n, 4) for n in range(4))


@dataclass(frozen=True)
class Idle:
    """Seconds of small batches, with a million idle users in the state and without."""

    with_idle: list[float]
    without: list[float]

    @property
    def medians(self) -> tuple[float, float]:
        """With, and without."""
        return median(self.with_idle), median(self.without)

    def to_json(self) -> dict[str, Any]:
        """The details of a record."""
        return dict(vars(self))


def idle(spark: SparkSession, folder: Path, progress: Progress) -> Idle:
    """Batches of 1,000 events, in turns on the two states."""
    crowded, empty = Driver(spark, folder / "crowded"), Driver(spark, folder / "empty")
    for users in np.array_split(np.arange(IDLE_USERS) + SMALL, 4):
        crowded.run(_clicks(users, START_MS))
        progress(f"{crowded.events:,} users in the state")
    for number in range(_WARM + _COUNTED):
        part = _clicks(np.arange(SMALL), START_MS + (number + 1) * _SECOND_MS)
        for driver in (crowded, empty):
            driver.run(part)
        progress(f"batch {number}: {crowded.seconds[-1]:.2f} s and {empty.seconds[-1]:.2f} s")
    return Idle(crowded.seconds[-_COUNTED:], empty.seconds[-_COUNTED:])


def _clicks(users: Any, at: int) -> Sent:
    times = np.full(len(users), at)
    return Sent(np.asarray(users, dtype=np.int64), times, times)
