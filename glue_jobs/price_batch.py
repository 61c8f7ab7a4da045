"""One micro-batch of the price loop: raw rows -> candidates, rejects, and the batch's item.

The order of the writes is free: each is keyed or conditional, and none is read by the others.
docs/decisions/003 says why a batch that is tried again, from any point, ends in the same tables.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from glue_jobs import intake, progress, sinks
from glue_jobs.enrichment import Enrichment
from glue_jobs.frames import cached, first
from transforms import candidates as C
from transforms import events as E
from transforms import rejects as R
from transforms import times
from transforms import windows as W
from transforms.rules import Bound, Mark

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import DataFrame, Row
    from pyspark.sql import types as T


class PriceSettings(Protocol):
    """The options of the job that a batch depends on."""

    JOB_NAME: str
    window: timedelta
    allowed_lateness: timedelta
    orders_horizon: timedelta
    evidence_candidates: int


@dataclass(frozen=True)
class PriceBatches:
    """The batch function of the job: `batches(rows, batch_id)`.

    `query_id` names the streaming query, whose batches share a high-water mark. `clock` measures
    how long a batch took, and nothing else.
    """

    glue: GlueContext
    options: PriceSettings
    declared: T.StructType
    enrich: Enrichment
    query_id: Callable[[GlueContext], str] = progress.running_query
    clock: Callable[[], float] = time.monotonic

    def __call__(self, rows: DataFrame, batch_id: int) -> None:
        """Writes all that the batch gives, then says in `job_batches` what became of it."""
        started = self.clock()
        query = self.query_id(self.glue)
        mark = progress.high_water_mark(query, batch_id)
        with ExitStack() as caches:
            outcome = self._price(rows, mark, batch_id, caches)
        item = {"query_id": query, "batch_id": batch_id, "job": self.options.JOB_NAME, **outcome}
        progress.put_batch(item)
        self._log({**item, "seconds": round(self.clock() - started, 3)})

    def _price(
        self, rows: DataFrame, mark: Mark | None, batch_id: int, caches: ExitStack
    ) -> dict[str, Any]:
        records, summary = self._records(rows, mark, caches)
        events = W.events_to_count(records, self.options.window)
        asked = W.asked_products(events, self.options.orders_horizon)
        known, read_units = caches.enter_context(self.enrich(asked, batch_id))
        cores = self.glue.spark_session.sparkContext.defaultParallelism
        marked = W.with_counted_in(events, W.counted_events(known), cores)
        counts = W.counts_by_window(marked)
        candidates = self._candidates(W.own_counts(counts), known)
        written = self._put(candidates)
        repeated = summary["to_count"] - written["events"]
        if repeated:
            duplicates = R.with_reasons(records, W.repetitions(marked, counts))
            sinks.put_rejects(R.rejects(duplicates, self.options.JOB_NAME), self.glue)
        return {
            "counted": summary["good"] - repeated,
            "rejected": summary["set_aside"] - summary["late"] + repeated,
            "late": summary["late"],
            "results": written["results"],
            "unknown_products": written["unknown_products"],
            "read_units": read_units,
            **_moved(mark, summary),
        }

    def _records(
        self, rows: DataFrame, mark: Mark | None, caches: ExitStack
    ) -> tuple[DataFrame, Row]:
        """The records, each good or with a reason, and their summary; the rejects are written."""
        lateness = self.options.allowed_lateness
        parsed = caches.enter_context(cached(E.parse_events(rows, self.declared, lateness)))
        records = E.unpacked(parsed)
        summary = first(W.batch_summary(records))
        late = mark and mark.bound(times.milliseconds(lateness))
        if not (summary["set_aside"] or _may_be_late(summary, late)):
            return records, summary
        rejects = intake.into_rejects(self.glue, self.options.JOB_NAME)
        records = intake.settled(records, self.declared, late, rejects, caches)
        return records, first(W.batch_summary(records))

    def _candidates(self, counts: DataFrame, known: DataFrame) -> DataFrame:
        identified = C.with_identity(counts, self.options.window)
        features = C.with_features(C.with_known(identified, known), self.options.orders_horizon)
        return C.candidates(C.with_evidence(features, self.options.evidence_candidates))

    def _put(self, candidates: DataFrame) -> Row:
        written = first(sinks.totals(sinks.put_candidates(candidates)))
        if written["without_keys"]:
            self.glue.get_logger().warn(
                f"{written['without_keys']} candidates count more than {C.MAX_EVENT_KEYS} events"
                " and keep no keys of them: if these come again in other batches, they count"
                " again; a shorter --window gives smaller candidates"
            )
        return written

    def _log(self, line: dict[str, Any]) -> None:
        self.glue.get_logger().info(json.dumps(line))


def _may_be_late(summary: Row, late: Bound | None) -> bool:
    earliest = summary["earliest_at"]
    return late is not None and earliest is not None and earliest < late.earliest_ms


def _moved(mark: Mark | None, summary: Row) -> dict[str, int | None]:
    """The mark after a batch; no batch moves it back."""
    before = (mark.event_at, mark.arrived_at) if mark else (None, None)
    after = (summary["latest_at"], summary["last_arrival_at"])
    names = ("high_water_mark", "last_arrival_at")
    return {
        name: max((m for m in pair if m is not None), default=None)
        for name, pair in zip(names, zip(before, after, strict=True), strict=True)
    }
