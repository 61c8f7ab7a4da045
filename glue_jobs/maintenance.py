"""One run of the lake's maintenance: files compacted, clustered and deleted, figures told.

Readers and writers go on meanwhile: a rewrite is one commit that changes no row, and files are
deleted long after the table has had them last. Whatever fails, the rest is still done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from catalog.registry import lake_table
from glue_jobs import catalog_figures, lake, lake_files
from glue_jobs.catalog_figures import FiguresError
from glue_jobs.lake import LakeError
from glue_jobs.lake_files import LakeFiles
from glue_jobs.upkeep import Rules, Step, UpkeepError, check_clock, check_latest, figures, steps

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Figures = Callable[[str, str, Mapping[str, str]], bool]
_REASONS: Final = 3


class Settings(Protocol):
    """The options of the job."""

    lake_path: str
    database: str
    tables: tuple[str, ...]
    target_file_size: int
    closed_after: timedelta
    recluster_share: float
    retention: timedelta


@dataclass
class Outcome:
    """What became of one table.

    Attributes:
        replaced: files that a rewrite put together.
        deleted: files that the table had not had for the retention.
        conflicts: days that somebody else rewrote at the same time; the next run looks again.
        figures: what the Data Catalog says now; None when there is no table yet.
    """

    table: str
    compacted: list[date] = field(default_factory=list)
    clustered: list[date] = field(default_factory=list)
    replaced: int = 0
    deleted: int = 0
    conflicts: list[date] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    figures: Mapping[str, str] | None = None
    told: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing was to be done."""
        did = (self.compacted, self.clustered, self.deleted, self.conflicts, self.failures)
        return not (any(did) or self.told)

    def line(self) -> str:
        """One line of JSON."""
        idle = {"nothing_to_do": True} if self.is_idle else {}
        return json.dumps({**vars(self), **idle}, default=str)


def run(
    spark: SparkSession,
    settings: Settings,
    now: Callable[[], datetime],
    say: Callable[[str], None] = print,
    publish: Figures = catalog_figures.publish,
    store_clock: Callable[[SparkSession, str], datetime] = lake_files.store_clock,
) -> None:
    """Maintains each table and says what it did, a line of JSON a table and one for all.

    Raises:
        UpkeepError: the clock is wrong, or a part failed; the rest was done.
    """
    check_clock(now(), store_clock(spark, settings.lake_path), "the lake's store")
    _configure(spark, settings.target_file_size)
    outcomes = [
        Maintenance(spark, settings, publish).table(name, now()) for name in settings.tables
    ]
    for outcome in outcomes:
        say(outcome.line())
    failures = [f for outcome in outcomes for f in outcome.failures]
    say(json.dumps(_summary(outcomes)))
    if failures:
        more = f"; and {len(failures) - _REASONS} more" if len(failures) > _REASONS else ""
        raise UpkeepError("; ".join(failures[:_REASONS]) + more)


def _configure(spark: SparkSession, target: int) -> None:
    tasks = str(2 * spark.sparkContext.defaultParallelism)
    for key, value in {
        "spark.databricks.delta.optimize.maxFileSize": str(target),
        "spark.databricks.delta.optimize.minFileSize": str(target),
        # Small files are read by all cores, not one after the other by the task that writes.
        "spark.databricks.delta.optimize.repartition.enabled": "true",
        # The option has a floor of its own.
        "spark.databricks.delta.retentionDurationCheck.enabled": "false",
        # A vacuum lists folders with so many tasks; the default is 10,000.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": tasks,
        "spark.databricks.delta.vacuum.parallelDelete.enabled": "true",
        "spark.databricks.delta.vacuum.parallelDelete.parallelism": tasks,
    }.items():
        spark.conf.set(key, value)


def _summary(outcomes: list[Outcome]) -> dict[str, Any]:
    return {
        "tables": len([o for o in outcomes if o.figures is not None]),
        "compacted_days": sum(len(o.compacted) for o in outcomes),
        "clustered_days": sum(len(o.clustered) for o in outcomes),
        "replaced_files": sum(o.replaced for o in outcomes),
        "deleted_files": sum(o.deleted for o in outcomes),
        "conflicts": sum(len(o.conflicts) for o in outcomes),
        "failures": sum(len(o.failures) for o in outcomes),
    }


@dataclass(frozen=True)
class Maintenance:
    """Maintains one table after the other."""

    spark: SparkSession
    settings: Settings
    publish: Figures

    def table(self, name: str, now: datetime) -> Outcome:
        """Does what the table needs at that time; nothing is raised, `failures` has it."""
        outcome = Outcome(name)
        settings = self.settings
        files = LakeFiles(
            self.spark, lake_table(name), settings.lake_path, settings.target_file_size
        )
        with _noted(outcome, name):
            if not files.exists:
                return outcome
            check_latest(now, files.latest_commit(), name)
            self._rewrite(files, now, outcome)
            outcome.deleted = files.vacuum(int(settings.retention.total_seconds() // 3600))
            outcome.figures = figures(files.days())
            outcome.told = self.publish(settings.database, name, outcome.figures)
        return outcome

    def _rewrite(self, files: LakeFiles, now: datetime, outcome: Outcome) -> None:
        rules = Rules(self.settings.closed_after, self.settings.recluster_share)
        days = {day.day: day for day in files.days()}
        noted = files.clustered()
        clustered = {day: rows for day, rows in noted.items() if day in days}
        for step in steps(days.values(), clustered, rules, now):
            with _noted(outcome, f"{outcome.table} of {step.day}", step.day):
                self._step(files, step, outcome)
                if step.action == "cluster":
                    clustered[step.day] = days[step.day].rows
                    files.note_clustered(clustered)

    def _step(self, files: LakeFiles, step: Step, outcome: Outcome) -> None:
        replaced = files.rewrite(step.day, step.action)
        outcome.replaced += replaced
        if replaced:
            (outcome.clustered if step.action == "cluster" else outcome.compacted).append(step.day)


@contextmanager
def _noted(outcome: Outcome, what: str, day: date | None = None) -> Iterator[None]:
    try:
        yield
    except (LakeError, UpkeepError, FiguresError, OSError) as error:
        if day is not None and lake.is_conflict(error):
            outcome.conflicts.append(day)
        else:
            outcome.failures.append(f"{what}: {error}")
