"""Events -> counts by product and event-time window, each event once.

good events -> events_to_count() -> with_counted_in() -> counts_by_window() -> new | counted before
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from transforms import times

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

GRAIN = ("product_id", "window_start")
_COUNTED_IN = ("candidate_id", "position_hash")


def events_to_count(records: DataFrame, window: timedelta) -> DataFrame:
    """One row a good click or purchase of a product: narrow, as it is about to be shuffled.

    Adds `window_start` (epoch ms). Other good events count as read and feed nothing.
    """
    is_purchase = F.col("event_type") == "purchase"
    feeds = F.col("event_type").isin("click", "purchase") & F.col("product_id").isNotNull()
    return records.where(F.col("reason").isNull() & feeds).select(
        "product_id",
        times.window_start(F.col("event_timestamp"), window).alias("window_start"),
        "event_key",
        "position_key",
        "sequence_number",
        is_purchase.alias("is_purchase"),
        F.when(is_purchase, F.coalesce("quantity", F.lit(1))).otherwise(0).alias("units"),
        "price_cents",
        F.xxhash64("user_id").alias("user_key"),
        F.col("event_timestamp").alias("event_at"),
        "arrived_at",
    )


def with_counted_in(events: DataFrame, counted: DataFrame) -> DataFrame:
    """The same rows and what they repeat; the one shuffle of a batch is here, by product.

    Adds `copy` (1 for the first record of an event in the batch, by sequence number; 2 and more
    repeat it), and `candidate_id` and `position_hash` of the candidate that has counted the event
    before, null for a new one. `counted` has a row for each event of each known candidate.
    """
    order = Window.partitionBy(*GRAIN, "event_key").orderBy(
        F.length("sequence_number"), "sequence_number"
    )
    copies = events.repartition("product_id").withColumn("copy", F.row_number().over(order))
    return copies.join(counted, on=[*GRAIN, "event_key"], how="left")


def counts_by_window(events: DataFrame) -> DataFrame:
    """One row a product, window and candidate that the events were counted in (null: none yet).

    `shown` are clicks and units by price as sent, null price included; `event_keys` are ascending;
    `batch_hash` is the hash of the stream positions of the events, whatever their order.
    """
    keys = (*GRAIN, *_COUNTED_IN)
    by_price = (
        events.where(F.col("copy") == 1)
        .groupBy(*keys, "price_cents")
        .agg(
            F.count_if(~F.col("is_purchase")).alias("clicks"),
            F.count_if("is_purchase").alias("purchases"),
            F.sum("units").alias("units"),
            F.min("event_at").alias("first_event_at"),
            F.max("event_at").alias("last_event_at"),
            F.max("arrived_at").alias("last_arrival_at"),
            F.bit_xor("position_key").alias("batch_hash"),
            F.collect_list("event_key").alias("event_keys"),
            F.collect_set("user_key").alias("user_keys"),
        )
    )
    return by_price.groupBy(*keys).agg(
        F.sum("clicks").alias("clicks"),
        F.sum("purchases").alias("purchases"),
        F.sum("units").alias("units"),
        F.size(F.array_distinct(F.flatten(F.collect_list("user_keys"))))
        .cast("bigint")
        .alias("users"),
        F.collect_list(F.struct("price_cents", "clicks", "units")).alias("shown"),
        F.min("first_event_at").alias("first_event_at"),
        F.max("last_event_at").alias("last_event_at"),
        F.max("last_arrival_at").alias("last_arrival_at"),
        F.bit_xor("batch_hash").alias("batch_hash"),
        F.sort_array(F.flatten(F.collect_list("event_keys"))).alias("event_keys"),
    )


def new_counts(counts: DataFrame) -> DataFrame:
    """The counts that no candidate holds yet."""
    return counts.where(F.col("candidate_id").isNull())


def repeated_counts(counts: DataFrame) -> DataFrame:
    """The counts that a candidate of other records holds: their events are duplicates.

    A candidate of exactly these records is what a replayed batch meets: they are counted there,
    as in the first try, and are no duplicates.
    """
    is_replay = F.col("position_hash").eqNullSafe(F.col("batch_hash"))
    return counts.where(F.col("candidate_id").isNotNull() & ~is_replay)


def repetitions(events: DataFrame, counts: DataFrame) -> DataFrame:
    """One row a record whose event is counted elsewhere: `sequence_number` and `detail`."""
    again = events.where(F.col("copy") > 1).select(
        "sequence_number", F.lit("the event is in this batch more than once").alias("detail")
    )
    repeated = repeated_counts(counts).select(*GRAIN, "candidate_id")
    before = (
        events.where(F.col("copy") == 1)
        .join(repeated, on=[*GRAIN, "candidate_id"], how="left_semi")
        .select(
            "sequence_number",
            F.concat(F.lit("the event is counted in candidate "), "candidate_id").alias("detail"),
        )
    )
    return again.unionByName(before)
