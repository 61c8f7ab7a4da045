"""Raw stream rows -> records: the events in them, each good or with the reason why not.

raw rows -> parse_events() [cached] -> unpacked() -> good | in doubt -> judged() -> good | rejects
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache, reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms import payloads, times
from transforms.rules import CLICKS, Bound, Contract, because, late_rule

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

MAX_PAYLOAD_BYTES = 65_536
PAYLOAD_CHARACTERS = 1_024
SUSPECT = "suspect"
_POSITION = ("stream", "sequence_number", "partition_key", "arrived_at")


def parse_events(
    rows: DataFrame,
    declared: T.StructType,
    allowed_lateness: timedelta | None,
    contract: Contract = CLICKS,
) -> DataFrame:
    """One row a stream record: `record`, a struct made to be cached.

    In it: the position (`stream`, `sequence_number`, `partition_key`, `arrived_at` in epoch ms),
    `payload_bytes`, the fields of the event, where events have ids `event_key` (hash of the event's
    id, else of its position) and `position_key` (hash of both), and `doubt`, a struct of `reason`
    and `data`, null for most: a suspect has the reason "suspect", an event so old at its arrival
    that it may be late has none. Without an allowed lateness none is late.
    A contract that keeps the rest has a `doubt` of what may hold fields that nobody declared, too
    (`payloads.undeclared` finds them), and where more is declared than it names, `further`, a
    struct of that.

    The tests here are those that cost little: a suspect may be good, which `judged` finds out. They
    are the same in each batch, so that Spark compiles them once; what is late is not, and is found
    by `judged` too. One struct is cached as the bytes it already is; each text column would be
    encoded anew, at the price of another parse.
    """
    allowed = None if allowed_lateness is None else times.milliseconds(allowed_lateness)
    read, record = _parsing(declared, allowed, contract)
    return rows.select(*read).select(record)


def unpacked(parsed: DataFrame) -> DataFrame:
    """What `parse_events` gives, with the fields of `record` and of `doubt` as columns."""
    return parsed.select("record.*", "record.doubt.*").drop("doubt")


def judged(
    records: DataFrame,
    declared: T.StructType,
    late: Bound | None,
    contract: Contract = CLICKS,
) -> DataFrame:
    """The suspects and what is late, each with `reason` and `detail`, or null where it is good.

    `payload` is the start of the record as text. The columns are those of the records, and two.
    """
    in_doubt = records.where(_in_doubt(late))
    read = in_doubt.withColumn("event", F.when(_is_suspect(), _event(F.col("data"), declared)))
    problem = read.withColumn("problem", _problem(declared, late, contract))
    return problem.withColumns(
        {
            "reason": F.col("problem.reason"),
            "detail": F.col("problem.detail"),
            "payload": payloads.start_of(F.col("data"), PAYLOAD_CHARACTERS),
        }
    ).drop("event", "problem")


def settled(records: DataFrame, judgements: DataFrame, late: Bound | None) -> DataFrame:
    """The records with the judgements in the place of those in doubt."""
    sure = records.where(~_in_doubt(late))
    return sure.unionByName(judgements.select(*records.columns))


def _in_doubt(late: Bound | None) -> Column:
    doubts = [_is_suspect()] if late is None else [_is_suspect(), late_rule(late).broken]
    return _any(*doubts)


# Cached, as other columns of this package are: built once, not for each batch. A column takes a
# call into the JVM for each of its parts, and a batch has thousands.
@cache
def _parsing(
    declared: T.StructType, allowed_ms: int | None, contract: Contract
) -> tuple[list[Column], Column]:
    """The columns read, and the record."""
    data, event = F.col("data"), F.col("event")
    read = [
        F.col("streamName").alias("stream"),
        F.col("sequenceNumber").alias("sequence_number"),
        F.col("partitionKey").alias("partition_key"),
        F.unix_millis("approximateArrivalTimestamp").alias("arrived_at"),
        data,
        _event(data, declared).alias("event"),
    ]
    record = [
        *_POSITION,
        F.octet_length(data).cast("bigint").alias("payload_bytes"),
        *(event[name].alias(name) for name in contract.schema.names),
        *(_identity(event["event_id"]) if "event_id" in contract.schema.names else ()),
        *_further(event, declared, contract),
        _doubt(declared, allowed_ms, contract).alias("doubt"),
    ]
    return read, F.struct(*record).alias("record")


def _event(data: Column, declared: T.StructType) -> Column:
    readable = F.when(F.octet_length(data) <= MAX_PAYLOAD_BYTES, data.cast("string"))
    return payloads.parse_object(readable, declared)


def _doubt(declared: T.StructType, allowed_ms: int | None, contract: Contract) -> Column:
    """A struct of `reason` and `data` of what is looked at again, else null.

    One expression, in which the tests of a payload stand behind the cheapest: what two columns have
    in common, Spark works out for every row, even where `when` would save it.
    """
    data, event, arrived_at = F.col("data"), F.col("event"), F.col("arrived_at")
    text = data.cast("string")
    canonical = payloads.is_canonical(text, event, declared)
    compact = payloads.is_compact(text, event, declared)

    def unless_canonical(test: Column) -> Column:
        return F.when(canonical, False).otherwise(test)

    unclear = payloads.is_suspect(data, event, compact, _strings(declared))
    broken = (rule.broken for rule in contract.rules(event, arrived_at))
    suspect = _any(unless_canonical(unclear), *broken)
    needed = []
    if contract.keeps_rest:
        more = payloads.may_have_more(text, event, compact, tuple(declared.names))
        needed.append(unless_canonical(more))
    if allowed_ms is not None:
        # The mark is never behind what has arrived: see docs/decisions/002.
        needed.append(event["event_timestamp"] < arrived_at - allowed_ms)
    doubt = F.when(suspect, F.struct(F.lit(SUSPECT).alias("reason"), data))
    none = F.lit(None).cast("string").alias("reason")
    return doubt.when(_any(*needed), F.struct(none, data)) if needed else doubt


def _further(event: Column, declared: T.StructType, contract: Contract) -> list[Column]:
    names = [name for name in declared.names if name not in contract.schema.names]
    if not contract.keeps_rest or not names:
        return []
    return [F.struct(*(event[name].alias(name) for name in names)).alias("further")]


def _identity(event_id: Column) -> tuple[Column, Column]:
    position = F.xxhash64("stream", "sequence_number")
    return (
        F.when(event_id.isNull(), position).otherwise(F.xxhash64(event_id)).alias("event_key"),
        F.xxhash64(position, event_id).alias("position_key"),
    )


def _problem(declared: T.StructType, late: Bound | None, contract: Contract) -> Column:
    """The first rule that the record breaks; the order is part of the contract."""
    because_of_it = F.when(_is_suspect(), _broken(declared, contract))
    if late is None:
        return because_of_it
    return F.coalesce(because_of_it, late_rule(late).problem())


@cache
def _broken(declared: T.StructType, contract: Contract) -> Column:
    data, event = F.col("data"), F.col("event")
    size = F.octet_length(data)
    return F.coalesce(
        F.when(
            size > MAX_PAYLOAD_BYTES,
            because("too_large", size, f" bytes; allowed are {MAX_PAYLOAD_BYTES}"),
        ),
        F.when(~payloads.is_utf8(data), because("not_utf8", "the payload is not valid UTF-8")),
        _malformed(data.cast("string"), event, declared),
        *(rule.problem() for rule in contract.rules(event, F.col("arrived_at"))),
    )


def _is_suspect() -> Column:
    return F.col("reason") == SUSPECT


def _malformed(text: Column, event: Column, declared: T.StructType) -> Column:
    not_strings = payloads.not_strings(text, _strings(declared))
    return (
        F.when(~payloads.is_one_value(text), because("not_json", "not one JSON object"))
        .when(~payloads.is_object(text), because("wrong_type", "a record is a JSON object"))
        .when(
            event[payloads.CORRUPT].isNotNull(),
            because("wrong_type", payloads.not_as_declared(text, event, declared)),
        )
        .when(not_strings != "", because("wrong_type", not_strings, " must be a JSON string"))
    )


def _strings(declared: T.StructType) -> tuple[str, ...]:
    return tuple(f.name for f in declared.fields if isinstance(f.dataType, T.StringType))


def _any(*tests: Column) -> Column:
    return F.coalesce(reduce(or_, tests), F.lit(False))
