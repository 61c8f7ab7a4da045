"""Records -> session rows: the frames around `transforms.sessionize`.

records -> events() + chunks of the state -> sessionized() [cached] -> rows | state | set aside
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from pyspark.sql import functions as F

from catalog.columns import Schema
from catalog.sessions import BOUNDARY_ROW, EVENT_ROW, SESSION_ROW
from transforms import times
from transforms.contract import conform
from transforms.session_chunks import CARRIED, pack, unpack
from transforms.session_intake import Clock, Rules
from transforms.session_tables import ASIDE, ROWS
from transforms.sessionize import Mode, Outcome, advance

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_DDL_TYPES: Final = {
    pa.int64(): "bigint",
    pa.string(): "string",
    pa.bool_(): "boolean",
    pa.binary(): "binary",
}
_STATE: Final = pa.schema(
    [
        ("user_id", pa.string()),
        ("version", pa.int64()),
        ("chunk", pa.binary()),
        ("segments", pa.int64()),
        ("latest", pa.int64()),  # latest event of the users in the chunk, epoch ms
    ]
)
_OUTCOME: Final = pa.unify_schemas(
    [pa.schema([("kind", pa.string())]), ROWS, _STATE.remove(1), ASIDE.remove(0)]
)  # kind: row, state, or the reason of an event set aside
_ROWS: Final[dict[Mode, Schema]] = {
    "lab": BOUNDARY_ROW,
    "lab_all": EVENT_ROW,
    "live": SESSION_ROW,
    "closed": SESSION_ROW,
}


def _ddl(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {_DDL_TYPES[field.type]}" for field in schema)


STATE_DDL: Final = _ddl(_STATE)


def events(records: DataFrame) -> DataFrame:
    """One row a good record, as `sessionize` takes an event."""
    return records.where(F.col("reason").isNull()).select(*_event())


def sessionized(
    events: DataFrame,
    state: DataFrame | None,
    rules: Rules,
    clock: Clock,
    mode: Mode,
    *,
    partitions: int,
    whole_from: int,
) -> DataFrame:
    """What `sessionize.advance` gives in each partition by user: rows, chunks of the state, and
    events set aside, as `outcome`, a struct made to be cached.

    `state` has the chunks of some versions. The ones from `whole_from` on are written anew with
    all their users, the older ones stay. `partitions` must be the same in all batches: chunks
    find the partition of their users by it.
    """
    carried = events if state is None else events.unionByName(state.select(*_chunk()))
    by_user = carried.repartition(partitions, "user_id")
    step = partial(_advance, rules, clock, mode, whole_from)
    # One struct is cached as the bytes it already is; each text column would be encoded anew.
    return by_user.mapInArrow(step, _ddl(_OUTCOME)).select(F.struct("*").alias("outcome"))


def state_of(outcome: DataFrame, version: int) -> DataFrame:
    """The chunks of the state to keep, as this version."""
    kept = outcome.where(F.col("kind") == "state")
    return kept.withColumn("version", F.lit(version).cast("bigint")).select(*_STATE.names)


def session_rows(outcome: DataFrame, mode: Mode) -> DataFrame:
    """The rows that leave the job, as the contract of the mode has them."""
    rows = outcome.where(F.col("kind") == "row").select(*_row())
    schema = _ROWS[mode]
    return conform(rows.select(*schema.names), schema, stage="session rows")


def to_deliver(rows: DataFrame, at: int) -> DataFrame:
    """Session rows as records of a destination: `record_id`, `key`, `at` and `data`, JSON.

    The id follows from the row's key and revision, so that a replayed batch sends the same again.
    """
    event = [F.col("event_key")] if "event_key" in rows.columns else []
    identity = F.concat_ws("|", "user_id", "started_at", "revision", "status", *event)
    return rows.select(
        F.substring(F.sha2(identity, 256), 1, 32).alias("record_id"),
        F.col("user_id").alias("key"),
        F.lit(at).cast("bigint").alias("at"),
        F.to_json(F.struct(*rows.columns), {"ignoreNullFields": "false"}).alias("data"),
    )


def totals(outcome: DataFrame) -> DataFrame:
    """One row over an outcome: `rows`, of these `closed` and `reopened`; `late`, `duplicate`; the
    `segments` of the state and the `latest` event of its users."""
    kind = F.col("kind")
    return outcome.agg(
        F.count_if(kind == "row").alias("rows"),
        F.count_if((kind == "row") & (F.col("status") == "closed")).alias("closed"),
        F.count_if("reopened").alias("reopened"),
        F.count_if(kind == "late").alias("late"),
        F.count_if(kind == "duplicate").alias("duplicate"),
        F.coalesce(F.sum("segments"), F.lit(0)).alias("segments"),
        F.max("latest").alias("latest"),
    )


def reasons(outcome: DataFrame) -> DataFrame:
    """One row a late event or duplicate: `sequence_number`, `reason` and `detail`."""
    return outcome.where(F.col("kind").isin("late", "duplicate")).select(
        "sequence_number", F.col("kind").alias("reason"), _detail().alias("detail")
    )


def _advance(
    rules: Rules, clock: Clock, mode: Mode, whole_from: int, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    found = list(batches)
    if found:
        carried = pa.Table.from_batches(found).cast(CARRIED)
        outcome = advance(unpack(carried, clock, whole_from), rules, clock, mode)
        yield from _shipped(outcome).to_batches()


def _shipped(outcome: Outcome) -> pa.Table:
    """An outcome as one table, `_OUTCOME`."""
    chunks = [
        {
            "kind": "state",
            "user_id": chunk.user_id,
            "chunk": chunk.content,
            "segments": chunk.rows,
            "latest": chunk.latest,
        }
        for chunk in pack(outcome.state)
    ]
    rows = outcome.rows.append_column("kind", pa.repeat(pa.scalar("row"), len(outcome.rows)))
    aside = outcome.aside.rename_columns({"reason": "kind"})
    parts = [rows, aside, pa.Table.from_pylist(chunks, schema=_OUTCOME)]
    return pa.concat_tables([_widened(part) for part in parts])


def _widened(part: pa.Table) -> pa.Table:
    columns = [
        part[f.name] if f.name in part.column_names else pa.nulls(len(part), f.type)
        for f in _OUTCOME
    ]
    return pa.table(columns, schema=_OUTCOME)


# Built once, as the columns of transforms.events are.


@cache
def _event() -> list[Column]:
    found = {
        "at": F.col("event_timestamp"),
        "key": F.col("event_key"),
        "device": F.col("device_type"),
        "page": F.col("event_name"),
        "is_purchase": F.col("event_type") == "purchase",
        "version": F.lit(None).cast("bigint"),
        "chunk": F.lit(None).cast("binary"),
    }
    return [found.get(name, F.col(name)).alias(name) for name in CARRIED.names]


@cache
def _chunk() -> list[Column]:
    found = ("user_id", "version", "chunk")
    return [
        (F.col(f.name) if f.name in found else F.lit(None).cast(_DDL_TYPES[f.type])).alias(f.name)
        for f in CARRIED
    ]


@cache
def _row() -> list[Column]:
    closed, speaks_of_end = F.col("status") == "closed", F.col("status").isin("closed", "event")
    started_at = times.iso(F.col("start"), times.MILLISECONDS)
    ended_at = times.iso(F.col("end"), times.MILLISECONDS)
    device = F.coalesce("device", F.lit("unknown"))
    told = {
        "user_id": F.col("user_id"),
        "session_id": F.concat_ws("_", "user_id", device, _of_day(started_at)),
        "session_time": F.when(F.col("status") != "event", _of_day(started_at)),
        "latest_time": _of_day(F.when(speaks_of_end, ended_at).otherwise(started_at)),
        "started_at": started_at,
        "revision": F.col("revision"),
        "status": F.col("status"),
        "event_key": F.lpad(F.lower(F.hex("key")), 16, "0"),
        "entry_page": F.col("entry"),
    }
    at_close = {
        "ended_at": ended_at,
        "events": F.col("events"),
        "duration_ms": F.col("end") - F.col("start"),
        "exit_page": F.col("exit"),
        "device_changes": F.col("device_changes"),
        "purchases": F.col("purchases"),
        "converted": F.col("purchases") > 0,
    }
    told |= {name: F.when(closed, value) for name, value in at_close.items()}
    return [value.alias(name) for name, value in told.items()]


def _of_day(iso: Column) -> Column:
    """HH:mm:ss of a time with its date."""
    return F.substring(iso, 12, 8)


@cache
def _detail() -> Column:
    late = F.concat(
        F.lit("event_timestamp "),
        F.col("start").cast("string"),
        F.lit("; allowed is "),
        F.col("earliest").cast("string"),
        F.lit(" or later"),
    )
    return F.when(F.col("kind") == "late", late).otherwise(
        F.lit("the user had an event with this identity before")
    )
