"""Raw stream rows -> records: the events in them, each good or with the reason why not.

raw rows -> parse_events() [cached] -> good | in doubt -> judged() -> good | rejects
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache, reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from catalog.streams import CLICKSTREAM
from transforms import payloads, times
from transforms.rules import Bound, because, late_rule, value_rules

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

MAX_PAYLOAD_BYTES = 65_536
PAYLOAD_CHARACTERS = 1_024
SUSPECT = "suspect"
OVERDUE = "overdue"
_POSITION = ("stream", "sequence_number", "partition_key", "arrived_at")


def parse_events(rows: DataFrame, declared: T.StructType, allowed_lateness: timedelta) -> DataFrame:
    """One row a stream record: `record`, a struct made to be cached.

    In it: the position (`stream`, `sequence_number`, `partition_key`, `arrived_at` in epoch ms),
    `payload_bytes`, the fields of the event, `event_key` (hash of the event's id, else of its
    position), `position_key` (hash of both), and `reason` and `data`, both null for what is good.
    A "suspect" may be bad and an "overdue" event, as old at its arrival, may be late: `judged`
    finds out.

    The tests here are those that cost little, and the same in each batch, so that Spark compiles
    them once. One struct is cached as the bytes it already is; each text column would be encoded
    anew, at the price of another parse.
    """
    read, suspect, record = _parsing(declared, times.milliseconds(allowed_lateness))
    return rows.select(*read).withColumn("doubt", suspect).select(record)


def judged(records: DataFrame, declared: T.StructType, late: Bound | None) -> DataFrame:
    """The records in doubt, each with `reason` and `detail`, or null where it is good.

    `payload` is the start of the record as text. The columns are those of the records, and two.
    """
    in_doubt = records.where(F.col("reason").isNotNull())
    read = in_doubt.withColumn("event", F.when(_is_suspect(), _event(F.col("data"), declared)))
    problem = read.withColumn("problem", _problem(declared, late))
    return problem.withColumns(
        {
            "reason": F.col("problem.reason"),
            "detail": F.col("problem.detail"),
            "payload": payloads.start_of(F.col("data"), PAYLOAD_CHARACTERS),
        }
    ).drop("event", "problem")


def settled(records: DataFrame, judgements: DataFrame) -> DataFrame:
    """The records with the judgements in the place of those in doubt."""
    sure = records.where(F.col("reason").isNull())
    return sure.unionByName(judgements.select(*records.columns))


# Cached, as other columns of this package are: built once, not for each batch. A column takes a
# call into the JVM for each of its parts, and a batch has thousands.
@cache
def _parsing(declared: T.StructType, allowed_ms: int) -> tuple[list[Column], Column, Column]:
    """The columns read, the doubt about a record, and the record."""
    data, event, arrived_at = F.col("data"), F.col("event"), F.col("arrived_at")
    read = [
        F.col("streamName").alias("stream"),
        F.col("sequenceNumber").alias("sequence_number"),
        F.col("partitionKey").alias("partition_key"),
        F.unix_millis("approximateArrivalTimestamp").alias("arrived_at"),
        data,
        _event(data, declared).alias("event"),
    ]
    broken = [rule.broken for rule in value_rules(event, arrived_at)]
    suspect = _any(payloads.is_suspect(data, event, _strings(declared)), *broken)
    overdue = event["event_timestamp"] < arrived_at - allowed_ms
    doubt = F.when(suspect, SUSPECT).when(overdue, OVERDUE)
    return read, doubt, F.struct(*_record(event)).alias("record")


def _event(data: Column, declared: T.StructType) -> Column:
    readable = F.when(F.octet_length(data) <= MAX_PAYLOAD_BYTES, data.cast("string"))
    return payloads.parse_object(readable, declared)


def _record(event: Column) -> list[Column | str]:
    position, event_id = F.xxhash64("stream", "sequence_number"), event["event_id"]
    return [
        *_POSITION,
        F.octet_length("data").cast("bigint").alias("payload_bytes"),
        F.col("doubt").alias("reason"),
        F.when(F.col("doubt").isNotNull(), F.col("data")).alias("data"),
        *(event[name].alias(name) for name in CLICKSTREAM.schema.names),
        F.when(event_id.isNull(), position).otherwise(F.xxhash64(event_id)).alias("event_key"),
        F.xxhash64(position, event_id).alias("position_key"),
    ]


def _problem(declared: T.StructType, late: Bound | None) -> Column:
    """The first rule that the record breaks; the order is part of the contract."""
    because_of_it = F.when(_is_suspect(), _broken(declared))
    if late is None:
        return because_of_it
    return F.coalesce(because_of_it, late_rule(late).problem())


@cache
def _broken(declared: T.StructType) -> Column:
    data, event = F.col("data"), F.col("event")
    size = F.octet_length(data)
    return F.coalesce(
        F.when(
            size > MAX_PAYLOAD_BYTES,
            because("too_large", size, f" bytes; allowed are {MAX_PAYLOAD_BYTES}"),
        ),
        F.when(~payloads.is_utf8(data), because("not_utf8", "the payload is not valid UTF-8")),
        _malformed(data.cast("string"), event, declared),
        *(rule.problem() for rule in value_rules(event, F.col("arrived_at"))),
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
