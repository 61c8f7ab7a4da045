"""One micro-batch of click-through rates: raw rows -> windows, alerts, rejects, state, its item.

What stands after the batch is said last: a batch that is tried again finds the state it found
before, judges the same windows by the same forests, and so changes nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from catalog.ctr import PROFILES
from glue_jobs import intake, lambda_destination, progress, sinks
from glue_jobs.ctr_snapshots import OpenDetectors
from glue_jobs.ctr_state import CtrState, Standing
from glue_jobs.dynamodb import Item
from glue_jobs.frames import cached, first
from glue_jobs.lambda_sink import LambdaSink, Sink
from glue_jobs.options import OptionError, decimal, one_of
from transforms import ctr as C
from transforms import events as E
from transforms import rejects as R
from transforms import times
from transforms.ctr_sites import Clock, Terms
from transforms.detectors.profiles import DetectorSettings, DetectorSettingsError, terms
from transforms.rules import BROWSER

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import DataFrame, Row
    from pyspark.sql import types as T

TIME_TO_LIVE_DAYS = 90

Profile = Annotated[str, one_of(*PROFILES)]
Threshold = Annotated[float | None, decimal]


class CtrSettings(Protocol):
    """The options of the job that a batch depends on."""

    JOB_NAME: str
    checkpoint_path: str
    profile: str
    allowed_lateness: timedelta
    clear_after: timedelta
    forget_after: timedelta
    score: float | None
    evidence: float | None
    effect: float | None


class JobSettings(CtrSettings, Protocol):
    """The options of the job that its start depends on as well."""

    lambda_function: str


def detector_of(options: CtrSettings) -> DetectorSettings:
    """The options as the settings of the detectors.

    Raises:
        OptionError: one is not allowed.
    """
    try:
        return DetectorSettings(
            profile=options.profile,
            score=options.score,
            evidence=options.evidence,
            effect=options.effect,
        )
    except DetectorSettingsError as error:
        raise OptionError(f"--{error}") from error


def rules_of(options: CtrSettings) -> Terms:
    """The options as the terms of sites; nobody is told of a site of the lab that it is cleared."""
    is_lab = options.profile == "lab"
    return Terms(
        clear_after=None if is_lab else times.milliseconds(options.clear_after),
        remember=times.milliseconds(options.forget_after),
    )


def of_job(glue: GlueContext, options: JobSettings, declared: T.StructType) -> CtrBatches:
    """The batch function of the job, its options checked against what there is.

    Raises:
        OptionError: there is no such function, or the checkpoint was made with other terms.
    """
    destination = lambda_destination.of_job(options.lambda_function, options.JOB_NAME)
    batches = CtrBatches(glue, options, declared, LambdaSink(glue, destination, options.JOB_NAME))
    batches.state.check()
    return batches


@dataclass(frozen=True)
class CtrBatches:
    """The batch function of the job: `batches(rows, batch_id)`.

    `sink` takes records (`transforms.ctr.to_deliver`) and says how many it could not deliver,
    `put_windows` the items of `ctr_windows`. `clock` measures how long a batch took, and nothing
    else.
    """

    glue: GlueContext
    options: CtrSettings
    declared: T.StructType
    sink: Sink
    put_windows: Callable[[DataFrame, GlueContext], None] = sinks.put_windows
    report: Callable[[Item], None] = progress.put_batch
    query_id: Callable[[GlueContext], str] = progress.running_query
    clock: Callable[[], float] = time.monotonic

    @cached_property
    def state(self) -> CtrState:
        """The sites, and how far the stream was read."""
        spark, path = self.glue.spark_session, self.options.checkpoint_path
        return CtrState(spark, path, {"profile": "; ".join(terms(self._detector).values())})

    @cached_property
    def _detector(self) -> DetectorSettings:
        return detector_of(self.options)

    def __call__(self, rows: DataFrame, batch_id: int) -> None:
        """Writes all that the batch gives, then says in `job_batches` what became of it."""
        started = self.clock()
        with ExitStack() as caches:
            outcome = self._judge(rows, batch_id, caches)
        query = self.query_id(self.glue)
        item = {"query_id": query, "batch_id": batch_id, "job": self.options.JOB_NAME, **outcome}
        self.report(item)
        line = {**item, "seconds": round(self.clock() - started, 3)}
        self.glue.get_logger().info(json.dumps(line))

    def _judge(self, rows: DataFrame, batch_id: int, caches: ExitStack) -> dict[str, Any]:
        records, read = self._records(rows, caches)
        before = self.state.before(batch_id)
        known = [at for at in (before.clock, read["clock"]) if at is not None]
        now = max(known, default=None)
        windows = self._windows(before, now)
        lazy = self._outcome(C.counts(records), before, windows, batch_id)
        outcome = caches.enter_context(cached(lazy)).select("outcome.*")
        snapshots = self.state.write(batch_id, C.state_of(outcome))
        totals = first(C.totals(outcome))
        if totals["windows"]:
            self.put_windows(C.windows(outcome, TIME_TO_LIVE_DAYS), self.glue)
        told = totals["anomalies"] + totals["cleared"]
        given_up = (
            self.sink(C.to_deliver(C.alerts(outcome), read["last_arrival_at"])) if told else 0
        )
        late = self._set_aside(outcome, records, windows.before) if totals["late"] else 0
        self.state.commit(
            before, Standing(before.terms, batch_id, now, windows.now, tuple(snapshots))
        )
        return {
            "counted": read["good"] - late,
            "rejected": read["set_aside"],
            "late": late,
            "results": totals["windows"],
            "anomalies": totals["anomalies"],
            "undelivered": given_up,
            "high_water_mark": now,
            "last_arrival_at": read["last_arrival_at"],
        }

    def _records(self, rows: DataFrame, caches: ExitStack) -> tuple[DataFrame, Row]:
        """The records, each good or with a reason, and their progress; the rejects are written."""
        parsed = E.parse_events(rows, self.declared, self.options.allowed_lateness, BROWSER)
        rejects = intake.into_rejects(self.glue, self.options.JOB_NAME)
        return intake.read(parsed, self.declared, rejects, caches, BROWSER)

    def _windows(self, before: Standing, now: int | None) -> Clock:
        """Up to where windows are closed: never less far than before, whatever is allowed now."""
        lateness = times.milliseconds(self.options.allowed_lateness)
        return Clock(before.closed_to, max(before.closed_to, (now or 0) - lateness))

    def _outcome(
        self, counts: DataFrame, before: Standing, windows: Clock, batch_id: int
    ) -> DataFrame:
        return C.judged(
            counts,
            self.state.read(before),
            windows,
            rules_of(self.options),
            OpenDetectors(self._detector, self.state.path, batch_id),
            partitions=self.glue.spark_session.sparkContext.defaultParallelism,
        )

    def _set_aside(self, outcome: DataFrame, records: DataFrame, closed_to: int) -> int:
        """Writes the records of late events to `rejects`; how many they are."""
        late = R.with_reasons(records, C.late(outcome, records, closed_to))
        with cached(R.rejects(late, self.options.JOB_NAME)) as rejects:
            sinks.put_rejects(rejects, self.glue)
            return rejects.count()
