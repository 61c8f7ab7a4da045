"""How fast the job's batches make sessions of events, beside Spark's own session windows.

Both read the same files of native Kinesis rows, parse them with the same transform, in the same
Spark session, and give what they make to a sink that keeps nothing. They take turns over the whole
input, each time from an empty checkpoint; the first turn of each warms the session and is not
counted. A turn's time is the sum of its batches', planning and commits of the engine included.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from pyspark.sql import SparkSession

from benchmarks import session_runs as runs
from benchmarks.session_events import Clicks, Sent, draw, write
from benchmarks.session_truth import Check, check
from benchmarks.suite import Progress

TURNS: Final = 3
_HOURS_LATER_MS: Final = 48 * 3_600_000


@dataclass(frozen=True)
class Speed:
    """Seconds of each counted turn, and what the check of the job's rows found."""

    events: int
    job: list[float]
    native: list[float]
    found: Check

    @property
    def job_rate(self) -> float:
        """Events a second, median."""
        return self.events / median(self.job)

    @property
    def native_rate(self) -> float:
        """Likewise."""
        return self.events / median(self.native)

    def to_json(self) -> dict[str, Any]:
        """The details of a record."""
        return {**vars(self), "found": vars(self.found)}


def measure(
    spark: SparkSession, clicks: Clicks, gap: int, folder: Path, progress: Progress
) -> Speed:
    """Turns of both, then a turn of the job whose rows are compared with sorted input."""
    events, terms = folder / "events", runs.Terms(gap)
    sent = draw(clicks)
    _write(sent, clicks, events)
    seconds: dict[str, list[float]] = {"job": [], "native": []}
    programs = (("job", runs.job_seconds), ("native", runs.native_seconds))
    for turn in range(TURNS + 1):
        for name, program in programs:
            checkpoint = folder / f"{name}-{turn}"
            took = sum(program(spark, terms, events, clicks.shards, checkpoint))
            shutil.rmtree(checkpoint)
            kind = "counted" if turn else "warm-up"
            progress(f"gap {gap} s, {kind}: {name} {clicks.events / took:,.0f} events/s")
            seconds[name] += [took] if turn else []
    found = verify(spark, sent, clicks, terms, folder)
    progress(f"gap {gap} s: {found.sessions:,} sessions, {found.wrong} wrong")
    shutil.rmtree(events)
    return Speed(clicks.events, seconds["job"], seconds["native"], found)


def _write(sent: Sent, clicks: Clicks, folder: Path) -> None:
    folder.mkdir()
    for number in range(clicks.batches):
        part = sent.part(number, clicks.batches)
        write(part, number * len(part.at), clicks.shards, folder, f"{number:03d}")


def verify(
    spark: SparkSession, sent: Sent, clicks: Clicks, terms: runs.Terms, folder: Path
) -> Check:
    """The job's rows, batch by batch, compared with the sessions of sorted input."""
    told = runs.Told()
    function = runs.batches(spark, terms, folder / "verified", told, lambda item: None)
    read = folder / "read"
    read.mkdir()
    for number in range(clicks.batches + 1):
        told.batch = number
        part = sent.part(number, clicks.batches) if number < clicks.batches else _closing(sent)
        write(part, number * clicks.events, clicks.shards, read, f"{number:03d}")
        function(spark.read.parquet(str(read / f"{number:03d}-*.parquet")), number)
    rows = told.table()
    of_users = np.array([int(u[5:]) < clicks.users for u in rows["user_id"].to_pylist()])
    size = clicks.events // clicks.batches
    return check(sent, terms.gap * 1_000, rows.filter(of_users), size)


def _closing(sent: Sent) -> Sent:
    """An event of another user, long after all others: it closes every session."""
    at = np.array([int(sent.at.max()) + _HOURS_LATER_MS])
    return Sent(np.array([int(sent.user.max()) + 1_000_000]), at, at)
