"""Events -> counts by product and event-time window, each event once.

records -> events_to_count() -> with_counted_in() -> counts_by_window() -> own | repeated
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from transforms import times

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

GRAIN = ("product_id", "window_start")
_COUNTED_IN = ("candidate_id", "position_hash")


def events_to_count(records: DataFrame, window: timedelta) -> DataFrame:
    """One row a good click or purchase of a product: narrow, as it is about to be shuffled.

    Adds `window_start` (epoch ms). Other good events count as read and feed nothing.
    """
    return records.where(_feeds()).select(*_counted(window))


def batch_summary(records: DataFrame) -> DataFrame:
    """One row: `set_aside`, `late` (of these), `good`, `to_count` (of the good), and of the good
    `earliest_at`, `latest_at` (event times, epoch ms) and `last_arrival_at`.

    For `latest_at`, an event counts at its arrival when its clock ran ahead of it, so that one
    wrong clock cannot make all others late.
    """
    return records.agg(*_summary())


def asked_products(events: DataFrame, orders_horizon: timedelta) -> DataFrame:
    """One row a product: the windows that the batch touches and where its orders begin, as text."""
    return events.groupBy("product_id").agg(*_asked(orders_horizon))


def counted_events(known: DataFrame) -> DataFrame:
    """One row an event that a candidate of the batch's windows has counted.

    `known` has a row a product: `candidates`, structs with the keys of their events, each once.
    """
    each = known.select("product_id", F.inline("candidates"))
    return each.select(
        "product_id",
        times.epoch_ms(F.col("window_start")).alias("window_start"),
        F.explode("event_keys").alias("event_key"),
        *_COUNTED_IN,
    )


def with_counted_in(events: DataFrame, counted: DataFrame, partitions: int) -> DataFrame:
    """The same rows and what they repeat; the one shuffle of a batch is here, by product.

    Adds `copy` (1 for the first record of an event in the batch, by sequence number; 2 and more
    repeat it), and `candidate_id` and `position_hash` of the candidate that has counted the event
    before, null for a new one. `counted` is what `counted_events` gives.
    """
    # The key first: the sort compares 8 bytes of a row, and these tell almost all apart.
    order = Window.partitionBy("event_key", *GRAIN).orderBy(
        F.length("sequence_number"), "sequence_number"
    )
    # A number, since Spark would put a small batch in one partition, and all that follows with it.
    by_product = events.repartition(partitions, "product_id")
    copies = by_product.withColumn("copy", F.row_number().over(order))
    return copies.join(counted, on=[*GRAIN, "event_key"], how="left")


def counts_by_window(events: DataFrame) -> DataFrame:
    """One row a product, window and candidate that the events were counted in (null: none yet).

    `shown` are clicks and units by price as sent, null price included; `event_keys` are ascending;
    `batch_hash` is the hash of the events and their stream positions, whatever the order.
    """
    keys = (*GRAIN, *_COUNTED_IN)
    firsts = events.where(F.col("copy") == 1)
    by_price = firsts.groupBy(*keys, "price_cents").agg(*_of_a_price())
    return by_price.groupBy(*keys).agg(*_of_a_window())


def own_counts(counts: DataFrame) -> DataFrame:
    """The counts that are this batch's own: of new events, or of a first try of this batch.

    A candidate of exactly these records is what a replayed batch meets: it gives the same rows
    again. The rest, `repeated_counts`, are events that a candidate of other records holds.
    """
    return counts.where(F.col("candidate_id").isNull() | _is_replay())


def repeated_counts(counts: DataFrame) -> DataFrame:
    """The counts of events that a candidate of other records holds: duplicates."""
    return counts.where(F.col("candidate_id").isNotNull() & ~_is_replay())


def _is_replay() -> Column:
    return F.col("position_hash").eqNullSafe(F.col("batch_hash"))


def repetitions(events: DataFrame, counts: DataFrame) -> DataFrame:
    """One row a record whose event is counted elsewhere: `sequence_number`, `reason`, `detail`."""
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
    return again.unionByName(before).withColumn("reason", F.lit("duplicate"))


# Built once, as the columns of transforms.events are.


@cache
def _feeds() -> Column:
    is_counted = F.col("event_type").isin("click", "purchase") & F.col("product_id").isNotNull()
    return F.col("reason").isNull() & is_counted


@cache
def _counted(window: timedelta) -> list[Column | str]:
    is_purchase = F.col("event_type") == "purchase"
    return [
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
    ]


@cache
def _summary() -> list[Column]:
    good = F.col("reason").isNull()
    return [
        F.count_if(~good).alias("set_aside"),
        F.count_if(F.col("reason") == "late").alias("late"),
        F.count_if(good).alias("good"),
        F.count_if(_feeds()).alias("to_count"),
        F.min(F.when(good, F.col("event_timestamp"))).alias("earliest_at"),
        F.max(F.when(good, F.least("event_timestamp", "arrived_at"))).alias("latest_at"),
        F.max(F.when(good, F.col("arrived_at"))).alias("last_arrival_at"),
    ]


@cache
def _asked(orders_horizon: timedelta) -> list[Column]:
    first, last = F.min("window_start"), F.max("window_start")
    return [
        times.iso(first - times.milliseconds(orders_horizon)).alias("orders_from"),
        times.iso(first).alias("first_window"),
        times.iso(last).alias("last_window"),
    ]


@cache
def _of_a_price() -> list[Column]:
    return [
        F.count_if(~F.col("is_purchase")).alias("clicks"),
        F.count_if("is_purchase").alias("purchases"),
        F.sum("units").alias("units"),
        F.min("event_at").alias("first_event_at"),
        F.max("event_at").alias("last_event_at"),
        F.max("arrived_at").alias("last_arrival_at"),
        F.bit_xor("position_key").alias("batch_hash"),
        F.collect_list("event_key").alias("event_keys"),
        F.collect_set("user_key").alias("user_keys"),
    ]


@cache
def _of_a_window() -> list[Column]:
    users = F.array_distinct(F.flatten(F.collect_list("user_keys")))
    return [
        F.sum("clicks").alias("clicks"),
        F.sum("purchases").alias("purchases"),
        F.sum("units").alias("units"),
        F.size(users).cast("bigint").alias("users"),
        F.collect_list(F.struct("price_cents", "clicks", "units")).alias("shown"),
        F.min("first_event_at").alias("first_event_at"),
        F.max("last_event_at").alias("last_event_at"),
        F.max("last_arrival_at").alias("last_arrival_at"),
        F.bit_xor("batch_hash").alias("batch_hash"),
        F.sort_array(F.flatten(F.collect_list("event_keys"))).alias("event_keys"),
    ]
