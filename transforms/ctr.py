"""Records of browser actions -> judged windows: the frames around `transforms.ctr_sites`.

records -> counts() + state of the sites -> judged() [cached] -> windows | alerts | state | late
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import functions as F

from catalog.ctr import ANOMALY_ROW, CTR_WINDOWS, LAB_KEYS, WINDOW_ROW
from transforms import times
from transforms.contract import conform
from transforms.ctr_sites import Cleared, Clock, Detectors, Judged, Moved, Terms, advance, by_site
from transforms.detectors.detector import WINDOW_MS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

STATE_DDL: Final = "site string, state string, snapshot string"
_DAY_S: Final = 86_400
_VERDICT: Final = pa.schema(
    [
        ("is_anomaly", pa.bool_()),
        ("severity", pa.float64()),
        ("anomaly_score", pa.float64()),
        ("score_share", pa.float64()),
        ("attribution_high", pa.float64()),
        ("attribution_low", pa.float64()),
        ("expected_percent", pa.float64()),
        ("expected_low_percent", pa.float64()),
        ("expected_high_percent", pa.float64()),
        ("evidence", pa.float64()),
        ("evidence_seconds", pa.int64()),
        ("side", pa.string()),
        ("direction", pa.string()),
    ]
)
_OUTCOME: Final = pa.schema(
    [
        ("kind", pa.string()),  # window, cleared, late or state
        ("site", pa.string()),
        ("start", pa.int64()),
        ("clicks", pa.int64()),
        ("impressions", pa.int64()),
        ("ctr_percent", pa.float64()),
        *_VERDICT,
        ("cleared_at", pa.int64()),
        ("cleared_because", pa.string()),
        ("state", pa.string()),
        ("snapshot", pa.string()),
    ]
)
_DDL_TYPES: Final = {
    pa.int64(): "bigint",
    pa.string(): "string",
    pa.bool_(): "boolean",
    pa.float64(): "double",
}
_OUTCOME_DDL: Final = ", ".join(f"{field.name} {_DDL_TYPES[field.type]}" for field in _OUTCOME)

Opened = Callable[[int], AbstractContextManager[Detectors]]


def counts(records: DataFrame) -> DataFrame:
    """One row a site and window of the good records: `site`, `window_start` (epoch ms), `clicks`
    and `impressions`, and `state`, null. An event without a time counts when it arrived.
    """
    good = records.where(F.col("reason").isNull())
    return good.groupBy("site", _window_start()).agg(*_sums())


def judged(
    counts: DataFrame,
    state: DataFrame | None,
    clock: Clock,
    terms: Terms,
    opened: Opened,
    *,
    partitions: int,
) -> DataFrame:
    """What `ctr_sites.advance` gives for each site: `outcome`, a struct made to be cached.

    `state` has the state of every site. `opened` gives the detectors of the partition of that
    number, while they are in use; it goes to the tasks. `partitions` should be the same in
    all batches: a process finds in memory what it left there.
    """
    carried = counts if state is None else counts.unionByName(state.select(*_state()))
    by_site_rows = carried.repartition(partitions, "site")
    step = partial(_advance, clock, terms, opened)
    return by_site_rows.mapInArrow(step, _OUTCOME_DDL).select(F.struct("*").alias("outcome"))


def state_of(outcome: DataFrame) -> DataFrame:
    """The state of every site to keep, and the file of its `snapshot`."""
    return outcome.where(F.col("kind") == "state").select("site", "state", "snapshot")


def windows(outcome: DataFrame, time_to_live_days: int) -> DataFrame:
    """The windows that were closed, as items of `ctr_windows`."""
    rows = outcome.where(F.col("kind") == "window").select(
        *_window_columns(),
        (_window_end() / 1_000 + time_to_live_days * _DAY_S).cast("bigint").alias("expires_at"),
    )
    return conform(rows, CTR_WINDOWS.schema, stage="windows")


def alerts(outcome: DataFrame) -> DataFrame:
    """The rows that leave the job: of each site its anomalies, and where it was cleared."""
    is_cleared = F.col("kind") == "cleared"
    found = outcome.where(is_cleared | ((F.col("kind") == "window") & F.col("is_anomaly")))
    rows = found.select(
        *_window_columns(),
        F.when(is_cleared, "cleared").otherwise("anomaly").alias("status"),
        F.col("severity"),
        times.iso(F.col("cleared_at"), times.MILLISECONDS).alias("cleared_at"),
        F.col("cleared_because"),
    )
    return conform(rows, ANOMALY_ROW, stage="alerts")


def to_deliver(alerts: DataFrame, at: int) -> DataFrame:
    """Alerts as records of a destination: `record_id`, `key`, `at` and `data`, JSON.

    The id follows from the site, the window and the status: a replayed batch sends the same again.
    The columns of the lab have the lab's names in `data`.
    """
    identity = F.concat_ws("|", "site", "window_start", "status")
    told = [F.col(name).alias(LAB_KEYS.get(name, name)) for name in ANOMALY_ROW.names]
    return alerts.select(
        F.substring(F.sha2(identity, 256), 1, 32).alias("record_id"),
        F.col("site").alias("key"),
        F.lit(at).cast("bigint").alias("at"),
        F.to_json(F.struct(*told), {"ignoreNullFields": "false"}).alias("data"),
    )


def totals(outcome: DataFrame) -> DataFrame:
    """One row over an outcome: `windows`, of these `anomalies`; alarms `cleared`; `late` pairs of
    site and window.
    """
    kind = F.col("kind")
    return outcome.agg(
        F.count_if(kind == "window").alias("windows"),
        F.count_if((kind == "window") & F.col("is_anomaly")).alias("anomalies"),
        F.count_if(kind == "cleared").alias("cleared"),
        F.count_if(kind == "late").alias("late"),
    )


def late(outcome: DataFrame, records: DataFrame, closed_to: int) -> DataFrame:
    """One row a record whose window was closed: `sequence_number`, `reason` and `detail`."""
    closed = outcome.where(F.col("kind") == "late").select("site", F.col("start").alias("window"))
    good = records.where(F.col("reason").isNull()).withColumn("window", _window_start())
    earliest_open = closed_to - closed_to % WINDOW_MS
    detail = F.concat(
        F.lit("window "),
        times.iso(F.col("window"), times.MILLISECONDS),
        F.lit(" was closed; allowed are events from "),
        times.iso(F.lit(earliest_open), times.MILLISECONDS),
    )
    return good.join(closed, on=["site", "window"]).select(
        "sequence_number", F.lit("late").alias("reason"), detail.alias("detail")
    )


def _advance(
    clock: Clock, terms: Terms, opened: Opened, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    sites = by_site(row for batch in batches for row in batch.to_pylist())
    if not sites:
        return
    with opened(_partition()) as detectors:
        rows = [
            row
            for name, (site, found) in sorted(sites.items())
            for row in _rows(name, advance(name, site, found, clock, terms, detectors))
        ]
    yield from pa.Table.from_pylist(rows, schema=_OUTCOME).to_batches()


def _partition() -> int:
    task = TaskContext.get()
    return task.partitionId() if task else 0


def _rows(name: str, moved: Moved) -> Iterator[dict[str, Any]]:
    for row in moved.rows:
        if isinstance(row, Cleared):
            ended = {"kind": "cleared", "cleared_at": row.at, "cleared_because": row.because}
            yield _told(name, row.last) | ended
        else:
            yield _told(name, row)
    for start in moved.late:
        yield {"kind": "late", "site": name, "start": start}
    if moved.site is not None:
        snapshot = moved.site.snapshot
        yield {
            "kind": "state",
            "site": name,
            "state": moved.site.to_json(),
            "snapshot": snapshot and snapshot.partition(":")[0],
        }


def _told(name: str, judged: Judged) -> dict[str, Any]:
    window = judged.window
    counts = {**window._asdict(), "ctr_percent": window.ctr_percent}
    return {"kind": "window", "site": name, **counts, **vars(judged.verdict)}


# Built once, as the columns of transforms.events are.


@cache
def _window_start() -> Column:
    at = F.coalesce("event_timestamp", "arrived_at")
    return (at - F.pmod(at, F.lit(WINDOW_MS))).alias("window_start")


@cache
def _sums() -> list[Column]:
    return [
        F.count_if(F.col("browseraction") == "Click").alias("clicks"),
        F.count_if(F.col("browseraction") == "Impression").alias("impressions"),
        F.lit(None).cast("string").alias("state"),
    ]


@cache
def _state() -> list[Column]:
    nothing = F.lit(None).cast("bigint")
    counts = ("window_start", "clicks", "impressions")
    return [F.col("site"), *(nothing.alias(name) for name in counts), F.col("state")]


@cache
def _window_end() -> Column:
    return F.col("start") + WINDOW_MS


@cache
def _window_columns() -> list[Column]:
    made = {
        "window_start": times.iso(F.col("start"), times.MILLISECONDS),
        "window_end": times.iso(_window_end(), times.MILLISECONDS),
    }
    return [made.get(name, F.col(name)).alias(name) for name in WINDOW_ROW.names]
