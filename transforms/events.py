"""Raw stream rows -> events, each good or with the reason why not.

raw rows -> parse_events() -> with_lateness() -> pack() [cached] -> good events | rejects
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from catalog.streams import CLICKSTREAM, EVENT_TYPES
from transforms import payloads

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

MAX_PAYLOAD_BYTES = 65_536
MAX_ID_BYTES = 1_024  # DynamoDB takes a sort key of 1,024 bytes
PAYLOAD_CHARACTERS = 1_024
EARLIEST_EVENT_MS = 946_684_800_000  # 2000-01-01: a clock that was never set says 1970
DAY_MS = 86_400_000
POSITION = ("stream", "sequence_number", "partition_key", "arrived_at")


def parse_events(rows: DataFrame, declared: T.StructType) -> DataFrame:
    """One row a stream record: its position, the event in it, and what is wrong with it.

    Columns: `stream`, `sequence_number`, `partition_key`, `arrived_at` (epoch ms), `data` (binary),
    `event` (struct of the declared fields; null or partial when it could not be read), `problem`
    (struct `reason`, `detail`; null for a good event).
    """
    read = rows.select(
        F.col("streamName").alias("stream"),
        F.col("sequenceNumber").alias("sequence_number"),
        F.col("partitionKey").alias("partition_key"),
        F.unix_millis("approximateArrivalTimestamp").alias("arrived_at"),
        "data",
        payloads.parse_object(
            F.when(F.octet_length("data") <= MAX_PAYLOAD_BYTES, F.col("data").cast("string")),
            declared,
        ).alias("event"),
    )
    return read.withColumn("problem", _problem(declared))


def with_lateness(events: DataFrame, earliest_ms: int | None) -> DataFrame:
    """The same rows; a good event before `earliest_ms` gets the problem `late`.

    `earliest_ms` is the high-water mark less the allowed lateness; None before the first event.
    """
    if earliest_ms is None:
        return events
    at = F.col("event.event_timestamp")
    late = F.when(
        at < earliest_ms,
        _because("late", "event_timestamp ", at, f"; allowed is {earliest_ms} or later"),
    )
    return events.withColumn("problem", F.coalesce("problem", late))


def pack(events: DataFrame) -> DataFrame:
    """One column `record` with all that later stages need, made to be cached.

    One struct is cached as the bytes it already is; as columns, each text would be encoded anew,
    which costs as much as parsing. The payload is kept where it is needed: in rejects.
    """
    event = F.col("event")
    position = F.concat_ws("/", "stream", "sequence_number")
    return events.select(
        F.struct(
            *POSITION,
            F.octet_length("data").cast("bigint").alias("payload_bytes"),
            F.when(
                F.col("problem").isNotNull(), payloads.start_of(F.col("data"), PAYLOAD_CHARACTERS)
            ).alias("payload"),
            F.col("problem.reason").alias("reason"),
            F.col("problem.detail").alias("detail"),
            *(event[name].alias(name) for name in CLICKSTREAM.schema.names),
            F.xxhash64(F.coalesce(event["event_id"], position)).alias("event_key"),
            F.xxhash64(position, event["event_id"]).alias("position_key"),
        ).alias("record")
    )


def _problem(declared: T.StructType) -> Column:
    """The first rule that the record breaks; the order is part of the contract."""
    data, event = F.col("data"), F.col("event")
    return F.coalesce(
        F.when(
            F.octet_length(data) > MAX_PAYLOAD_BYTES,
            _because("too_large", F.octet_length(data), f" bytes; allowed {MAX_PAYLOAD_BYTES}"),
        ),
        F.when(~payloads.is_utf8(data), _because("not_utf8", "the payload is not valid UTF-8")),
        _malformed(data.cast("string"), event, declared),
        *(
            F.when(event[name].isNull(), _because("missing_field", f"{name} is missing or null"))
            for name in CLICKSTREAM.schema.required
        ),
        _bad_value(event),
        _out_of_range(event["event_timestamp"], F.col("arrived_at")),
    )


def _malformed(text: Column, event: Column, declared: T.StructType) -> Column:
    strings = tuple(f.name for f in declared.fields if isinstance(f.dataType, T.StringType))
    coerced = payloads.may_be_coerced(event, strings) & payloads.unquoted(text, strings)
    wrong = payloads.not_strings(text, strings)
    return F.coalesce(
        F.when(
            payloads.is_suspect(text, event),
            F.when(~payloads.is_one_value(text), _because("not_json", "not one JSON object"))
            .when(~payloads.is_object(text), _because("wrong_type", "a record is a JSON object"))
            .when(
                event[payloads.CORRUPT].isNotNull(),
                _because("wrong_type", payloads.not_as_declared(text, event, declared)),
            ),
        ),
        F.when(
            coerced, F.when(wrong != "", _because("wrong_type", wrong, " must be a JSON string"))
        ),
    )


def _bad_value(event: Column) -> Column:
    ids = ("user_id", "product_id", "event_id")
    types = ", ".join(EVENT_TYPES)
    return F.coalesce(
        *(F.when(event[i] == "", _because("bad_value", f"{i} is empty")) for i in ids),
        *(
            F.when(
                F.octet_length(event[i]) > MAX_ID_BYTES,
                _because(
                    "bad_value", f"{i} has ", F.octet_length(event[i]), f" bytes; {MAX_ID_BYTES}"
                ),
            )
            for i in ids
        ),
        F.when(
            ~event["event_type"].isin(*EVENT_TYPES),
            _because("bad_value", "event_type ", event["event_type"], f"; allowed are {types}"),
        ),
        F.when(
            event["quantity"] < 1,
            _because("bad_value", "quantity ", event["quantity"], "; allowed is 1 or more"),
        ),
        F.when(
            event["price_cents"] < 0,
            _because("bad_value", "price_cents ", event["price_cents"], "; allowed is 0 or more"),
        ),
    )


def _out_of_range(at: Column, arrived: Column) -> Column:
    return F.when(
        (at < EARLIEST_EVENT_MS) | (at > arrived + DAY_MS),
        _because(
            "timestamp_out_of_range",
            *("event_timestamp ", at, f"; allowed from {EARLIEST_EVENT_MS} to ", arrived + DAY_MS),
        ),
    )


def _because(reason: str, *detail: Column | str) -> Column:
    """A problem; the parts of the detail are joined, texts from outside cut to 100 characters."""
    parts = [F.lit(p) if isinstance(p, str) else F.substring(p, 1, 100) for p in detail]
    return F.struct(
        F.lit(reason).alias("reason"),
        F.concat_ws("", *(part.cast("string") for part in parts)).alias("detail"),
    )
