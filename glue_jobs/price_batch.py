"""One micro-batch of the price loop: raw rows -> candidates, rejects, and the batch's item.

The order of the writes is free: each is keyed or conditional, and none is read by the others.
docs/decisions/003 says why a batch that is tried again, from any point, ends in the same tables.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from glue_jobs import progress, sinks
from glue_jobs.enrichment import Enrichment, Known
from transforms import candidates as C
from transforms import events as E
from transforms import rejects as R
from transforms import times
from transforms import windows as W

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


def running_query(glue: GlueContext) -> str:
    """The id of the session's one streaming query: the same after a restart."""
    return str(glue.spark_session.streams.active[0].id)


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
    query_id: Callable[[GlueContext], str] = running_query
    clock: Callable[[], float] = time.monotonic

    def __call__(self, rows: DataFrame, batch_id: int) -> None:
        """Writes all that the batch gives, then says in `job_batches` what became of it."""
        started = self.clock()
        query = self.query_id(self.glue)
        mark = progress.high_water_mark(query, batch_id)
        with _cached(self._records(rows, mark)) as packed:
            outcome = self._price(packed.select("record.*"), batch_id)
        latest = outcome.pop("latest_at")
        marks = [m for m in (mark, latest) if m is not None]
        item = {"query_id": query, "batch_id": batch_id, "job": self.options.JOB_NAME, **outcome}
        progress.put_batch({**item, "high_water_mark": max(marks, default=None)})
        self._log({**item, "seconds": round(self.clock() - started, 3)})

    def _records(self, rows: DataFrame, mark: int | None) -> DataFrame:
        lateness = times.milliseconds(self.options.allowed_lateness)
        earliest = None if mark is None else mark - lateness
        return E.pack(E.with_lateness(E.parse_events(rows, self.declared), earliest))

    def _price(self, records: DataFrame, batch_id: int) -> dict[str, Any]:
        summary = _first(W.batch_summary(records))
        events = W.events_to_count(records, self.options.window)
        with self.enrich(W.asked_products(events, self.options.orders_horizon), batch_id) as known:
            marked = W.with_counted_in(events, W.counted_events(known.candidates))
            counts = W.counts_by_window(marked)
            priced = self._candidates(W.own_counts(counts), known)
            written = _first(sinks.totals(sinks.put_candidates(priced)))
            repeated = summary["to_count"] - written["events"]
            if repeated:
                records = R.with_repetitions(records, W.repetitions(marked, counts))
            if repeated or summary["set_aside"]:
                sinks.put_rejects(R.rejects(records, self.options.JOB_NAME), self.glue)
        return {
            "counted": summary["good"] - repeated,
            "rejected": summary["set_aside"] - summary["late"] + repeated,
            "late": summary["late"],
            "results": written["results"],
            "unknown_products": written["unknown_products"],
            "read_units": known.read_units,
            "latest_at": summary["latest_at"],
        }

    def _candidates(self, counts: DataFrame, known: Known) -> DataFrame:
        features = C.with_product(C.with_identity(counts, self.options.window), known.products)
        features = C.with_recent_orders(features, known.orders, self.options.orders_horizon)
        features = C.with_evidence(features, known.candidates, self.options.evidence_candidates)
        return C.candidates(features)

    def _log(self, line: dict[str, Any]) -> None:
        self.glue.get_logger().info(json.dumps(line))


def _first(rows: DataFrame) -> Row:
    return rows.collect()[0]


@contextmanager
def _cached(frame: DataFrame) -> Iterator[DataFrame]:
    cached = frame.persist()
    try:
        yield cached
    finally:
        cached.unpersist()
