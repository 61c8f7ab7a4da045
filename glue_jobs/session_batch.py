"""One micro-batch of the sessions: raw rows -> session rows, rejects, state, and the batch's item.

What stands after the batch is said last: a batch that is tried again finds the state it found
before, gives the same rows with the same ids and revisions, and so changes nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

from glue_jobs import intake, lambda_destination, progress, sinks
from glue_jobs.dynamodb import Item
from glue_jobs.frames import cached, first
from glue_jobs.lambda_sink import LambdaSink, Sink
from glue_jobs.session_state import Run, SessionState, Standing, split
from transforms import events as E
from transforms import rejects as R
from transforms import sessions as S
from transforms import times
from transforms.session_intake import Clock, Rules
from transforms.session_segments import NO_TIME
from transforms.sessionize import Mode

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import DataFrame, Row
    from pyspark.sql import types as T


class SessionSettings(Protocol):
    """The options of the job that a batch depends on."""

    JOB_NAME: str
    checkpoint_path: str
    mode: str
    gap: timedelta
    max_length: timedelta
    allowed_lateness: timedelta
    history: timedelta


class JobSettings(SessionSettings, Protocol):
    """The options of the job that its start depends on as well."""

    lambda_function: str


def rules_of(options: SessionSettings) -> Rules:
    """The options as the rules of sessions."""
    return Rules(
        gap=times.milliseconds(options.gap),
        max_length=times.milliseconds(options.max_length),
        lateness=times.milliseconds(options.allowed_lateness),
        history=times.milliseconds(options.history),
    )


def terms_of(options: SessionSettings) -> dict[str, str]:
    """The options that the state depends on, by the names of their arguments."""
    durations = ("gap", "max_length", "allowed_lateness", "history")
    seconds = {name: getattr(options, name).total_seconds() for name in durations}
    texts = {name.replace("_", "-"): f"{value:.0f} seconds" for name, value in seconds.items()}
    return {"mode": options.mode, **texts}


def of_job(glue: GlueContext, options: JobSettings, declared: T.StructType) -> SessionBatches:
    """The batch function of the job, its options checked against what there is.

    Raises:
        OptionError: there is no such function, or the checkpoint was made with other terms.
    """
    destination = lambda_destination.of_job(options.lambda_function, options.JOB_NAME)
    batches = SessionBatches(
        glue, options, declared, LambdaSink(glue, destination, options.JOB_NAME)
    )
    batches.state.check()
    return batches


@dataclass(frozen=True)
class SessionBatches:
    """The batch function of the job: `batches(rows, batch_id)`.

    `sink` takes records (`transforms.sessions.to_deliver`) and says how many it could not deliver.
    `clock` measures how long a batch took, and nothing else.
    """

    glue: GlueContext
    options: SessionSettings
    declared: T.StructType
    sink: Sink
    report: Callable[[Item], None] = progress.put_batch
    query_id: Callable[[GlueContext], str] = progress.running_query
    clock: Callable[[], float] = time.monotonic

    @cached_property
    def state(self) -> SessionState:
        """The sessions that may still change."""
        spark, path = self.glue.spark_session, self.options.checkpoint_path
        return SessionState(spark, path, terms_of(self.options))

    def __call__(self, rows: DataFrame, batch_id: int) -> None:
        """Writes all that the batch gives, then says in `job_batches` what became of it."""
        started = self.clock()
        with ExitStack() as caches:
            outcome = self._sessionize(rows, batch_id, caches)
        query = self.query_id(self.glue)
        item = {"query_id": query, "batch_id": batch_id, "job": self.options.JOB_NAME, **outcome}
        self.report(item)
        line = {**item, "seconds": round(self.clock() - started, 3)}
        self.glue.get_logger().info(json.dumps(line))

    def _sessionize(self, rows: DataFrame, batch_id: int, caches: ExitStack) -> dict[str, Any]:
        records, read = self._records(rows, caches)
        before = self.state.before(batch_id)
        clock = Clock(before.clock, max(before.clock, read["clock"] or before.clock))
        lazy, stay = self._outcome(records, before, clock, read["good"])
        outcome = caches.enter_context(cached(lazy)).select("outcome.*")
        self.state.write(batch_id, S.state_of(outcome, batch_id))
        totals = first(S.totals(outcome))
        given_up = self._deliver(outcome, read["last_arrival_at"]) if totals["rows"] else 0
        aside = totals["late"] + totals["duplicate"]
        if aside:
            self._set_aside(R.with_reasons(records, S.reasons(outcome)))
        runs = (Run(batch_id, totals["segments"], totals["latest"]),) if totals["segments"] else ()
        self.state.commit(
            before, replace(before, batch=batch_id, clock=clock.now, runs=stay + runs)
        )
        return {
            "counted": read["good"] - aside,
            "rejected": read["set_aside"] + totals["duplicate"],
            "late": totals["late"],
            "results": totals["rows"],
            "closed": totals["closed"],
            "reopened": totals["reopened"],
            "undelivered": given_up,
            "high_water_mark": None if clock.now == NO_TIME else clock.now,
            "last_arrival_at": read["last_arrival_at"],
        }

    def _records(self, rows: DataFrame, caches: ExitStack) -> tuple[DataFrame, Row]:
        """The records, each good or with a reason, and their progress; the rejects are written."""
        parsed = E.parse_events(rows, self.declared, self.options.allowed_lateness)
        rejects = intake.into_rejects(self.glue, self.options.JOB_NAME)
        return intake.read(parsed, self.declared, rejects, caches)

    def _outcome(
        self, records: DataFrame, before: Standing, clock: Clock, events: int
    ) -> tuple[DataFrame, tuple[Run, ...]]:
        """The outcome, and the runs of the state that stay as they are."""
        rules = rules_of(self.options)
        needed = before.needed(rules.keep)
        stay, absorbed = split(needed, events)
        outcome = S.sessionized(
            S.events(records),
            self.state.read(needed),
            rules,
            clock,
            cast("Mode", self.options.mode),
            partitions=before.partitions,
            whole_from=absorbed[0].batch if absorbed else before.batch + 1,
        )
        return outcome, stay

    def _set_aside(self, records: DataFrame) -> None:
        sinks.put_rejects(R.rejects(records, self.options.JOB_NAME), self.glue)

    def _deliver(self, outcome: DataFrame, at: int) -> int:
        rows = S.session_rows(outcome, cast("Mode", self.options.mode))
        return self.sink(S.to_deliver(rows, at))
