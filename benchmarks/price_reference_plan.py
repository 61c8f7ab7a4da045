"""The price job's plan written by hand: JSON lines to candidates, no Glue, stream or transforms.

good_events -> to_count -> asked -> look-up -> uncounted -> counts -> features
"""

from __future__ import annotations

from typing import Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from catalog.streams import CLICKSTREAM, EVENT_TYPES

WINDOW_MS: Final = 100_000
HORIZON_MS: Final = 86_400_000
EARLIEST_MS: Final = 946_684_800_000
NINETY_DAYS: Final = 90 * 86_400
_OF_PRODUCT: Final = (
    *("price_cents", "price_version", "list_price_cents", "cost_cents"),
    *("min_price_cents", "max_price_cents", "stock", "category"),
)


def good_events(spark: SparkSession, path: str) -> DataFrame:
    """The events of a JSON Lines file that are as the contract says."""
    lines = spark.read.schema(CLICKSTREAM.schema.ddl()).json(path)
    present = [F.col(name).isNotNull() for name in CLICKSTREAM.schema.required]
    filled = [
        F.coalesce(F.octet_length(name).between(1, 1_024), F.lit(True))
        for name in ("user_id", "product_id", "event_id")
    ]
    return lines.where(
        _all(
            *present,
            *filled,
            F.col("event_type").isin(*EVENT_TYPES),
            F.coalesce(F.col("quantity") >= 1, F.lit(True)),
            F.coalesce(F.col("price_cents") >= 0, F.lit(True)),
            F.col("event_timestamp") >= EARLIEST_MS,
        )
    )


def _all(first: Column, *others: Column) -> Column:
    for other in others:
        first = first & other
    return first


def to_count(events: DataFrame) -> DataFrame:
    """One narrow row a click or purchase, each event once, partitioned by product."""
    at, is_purchase = F.col("event_timestamp"), F.col("event_type") == "purchase"
    return (
        events.where(F.col("event_type").isin("click", "purchase"))
        .where(F.col("product_id").isNotNull())
        .select(
            "product_id",
            (at - at % WINDOW_MS).alias("starts_at"),
            F.xxhash64("event_id").alias("event_key"),
            F.xxhash64("user_id").alias("user_key"),
            F.when(~is_purchase, 1).alias("click"),
            F.when(is_purchase, F.coalesce("quantity", F.lit(1))).alias("units"),
            "price_cents",
            at.alias("at"),
        )
        .repartition("product_id")
        .dropDuplicates(["product_id", "starts_at", "event_key"])
    )


def counts(events: DataFrame) -> DataFrame:
    """One row a product and window, with clicks and units by price."""
    by_price = events.groupBy("product_id", "starts_at", "price_cents").agg(
        F.count("click").alias("clicks"),
        F.count("units").alias("purchases"),
        F.coalesce(F.sum("units"), F.lit(0)).alias("units"),
        F.min("at").alias("first"),
        F.max("at").alias("last"),
        F.collect_list("event_key").alias("keys"),
        F.collect_set("user_key").alias("users"),
    )
    return by_price.groupBy("product_id", "starts_at").agg(
        F.sum("clicks").alias("clicks"),
        F.sum("purchases").alias("purchases"),
        F.sum("units").alias("units"),
        F.size(F.array_distinct(F.flatten(F.collect_list("users")))).alias("users"),
        F.sort_array(F.collect_list(F.struct("price_cents", "clicks", "units"))).alias("prices"),
        F.min("first").alias("first_event_at"),
        F.max("last").alias("last_event_at"),
        F.sort_array(F.flatten(F.collect_list("keys"))).alias("keys"),
    )


def asked(found: DataFrame) -> DataFrame:
    """What `look_up` is asked for: each product with its first and last window."""
    by_product = found.groupBy("product_id").agg(
        F.min("starts_at").alias("first"), F.max("starts_at").alias("last")
    )
    return by_product.select(
        "product_id",
        _iso(F.col("first") - HORIZON_MS).alias("orders_from"),
        _iso(F.col("first")).alias("first_window"),
        _iso(F.col("last")).alias("last_window"),
    )


def uncounted(events: DataFrame, known: DataFrame) -> DataFrame:
    """The events that no candidate of their window holds."""
    held = known.select("product_id", F.inline("candidates")).select(
        "product_id", F.explode("event_keys").alias("event_key")
    )
    return events.join(F.broadcast(held), on=["product_id", "event_key"], how="left_anti")


def features(found: DataFrame, known: DataFrame) -> DataFrame:
    """The candidates: counts with product, recent orders and evidence."""
    start = _iso(F.col("starts_at"))
    digest = F.lpad(F.lower(F.hex(F.xxhash64("keys"))), 16, "0")
    rows = (
        found.join(known, on="product_id", how="left")
        .withColumns(
            {
                "window_start": start,
                "earliest": _iso(F.col("starts_at") - HORIZON_MS),
                "candidate_id": F.concat(start, F.lit("#"), digest),
            }
        )
        .withColumn("recent", F.filter("orders", _is_recent))
        .withColumn("earlier", F.filter("candidates", _is_earlier))
    )
    last_at = F.col("last_event_at")
    return rows.select(
        "product_id",
        "candidate_id",
        "window_start",
        _iso(F.col("starts_at") + WINDOW_MS).alias("window_end"),
        *("clicks", "purchases", "units", F.col("users").cast("bigint").alias("users")),
        F.transform("prices", _observation).alias("observations"),
        _added_up(F.flatten(F.transform("earlier", lambda c: c["observations"]))).alias("evidence"),
        F.size("recent").cast("bigint").alias("recent_orders"),
        F.aggregate(
            "recent",
            F.lit(0).cast("bigint"),
            lambda total, o: total + F.coalesce(o["quantity"], F.lit(1)),
        ).alias("recent_units"),
        F.col("product").isNotNull().alias("known_product"),
        *(F.col("product")[name].alias(name) for name in _OF_PRODUCT),
        *("first_event_at", "last_event_at", last_at.alias("last_arrival_at")),
        _bytes("keys").alias("event_keys"),
        (F.floor(last_at / 1_000) + NINETY_DAYS).alias("expires_at"),
    )


def _is_recent(order: Column) -> Column:
    at = order["ordered_at"]
    void = F.coalesce(order["status"].isin("cancelled", "returned"), F.lit(False))
    first, end = (F.substring_index(F.col(name), "Z", 1) for name in ("earliest", "window_start"))
    return (at >= first) & (at < end) & ~void


def _is_earlier(candidate: Column) -> Column:
    return candidate["window_start"] < F.col("window_start")


def _observation(priced: Column) -> Column:
    return F.struct(priced["price_cents"], priced["clicks"], priced["units"])


def _added_up(observations: Column) -> Column:
    prices = F.array_sort(F.array_distinct(F.transform(observations, lambda o: o["price_cents"])))

    def total(price: Column, name: str) -> Column:
        same = F.filter(observations, lambda o: o["price_cents"] == price)
        return F.aggregate(same, F.lit(0).cast("bigint"), lambda t, o: t + o[name])

    return F.transform(
        prices,
        lambda p: F.struct(
            p.alias("price_cents"),
            total(p, "clicks").alias("clicks"),
            total(p, "units").alias("units"),
        ),
    )


def _bytes(keys: str) -> Column:
    return F.unhex(F.array_join(F.transform(keys, lambda key: F.lpad(F.hex(key), 16, "0")), ""))


def _iso(epoch_ms: Column) -> Column:
    return F.date_format(F.timestamp_millis(epoch_ms), "yyyy-MM-dd'T'HH:mm:ss'Z'")
