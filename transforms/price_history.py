"""Clicks, orders and the ledger of prices -> what was seen of each product at each price, by day.

actions -> standing_prices() -> tallies() -> observed() -> price_observations(), and unused()

Units are those of purchase events, at the price shown in them. An order adds none: of a purchase
that no click led to, no price can be learnt. One that was cancelled or returned takes its units
away from the purchases of that user, product, price and day.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from catalog.columns import Schema
from catalog.lake import CLICKS, PRICE_OBSERVATIONS
from catalog.price_loop import ORDERS, PRICE_CHANGES, PRODUCTS
from transforms import times
from transforms.candidates import VOID_ORDERS
from transforms.contract import conform

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# What is read of each table.
EVENT = CLICKS.schema.select(
    "event_date",
    "event_timestamp",
    "event_type",
    "user_id",
    "product_id",
    "quantity",
    "price_cents",
)
ORDER: Schema = ORDERS.schema.select(
    "product_id", "ordered_at", "user_id", "quantity", "unit_price_cents", "status"
)
CHANGE: Schema = PRICE_CHANGES.schema.select(
    "product_id", "effective_at", "price_version", "old_price_cents", "new_price_cents"
)
PRODUCT: Schema = PRODUCTS.schema.select(
    "product_id", "category", "price_cents", "list_price_cents"
)

ACTIONS = ("click", "purchase")
_ALWAYS = 2**63 - 1
_SPOT = ["event_date", "product_id", "price_cents"]
_BUYER = [*_SPOT, "buyer"]


def standing_prices(changes: DataFrame, products: DataFrame) -> DataFrame:
    """The price of a product from `from_ms` until before `until_ms`, epoch milliseconds.

    Before its first change the price stood that the change names as the old one; of a product that
    never changed stands what `products` says.
    """
    at = Window.partitionBy("product_id").orderBy("at", "price_version")
    timed = changes.withColumn("at", times.epoch_ms(F.col("effective_at"))).where("at IS NOT NULL")
    steps = timed.withColumns(
        {
            "number": F.row_number().over(at),
            "until_ms": F.lead("at", 1, _ALWAYS).over(at),
        }
    )
    first = steps.where("number = 1").select(*_stretch(F.lit(0), F.col("at"), "old_price_cents"))
    since = steps.select(*_stretch(F.col("at"), F.col("until_ms"), "new_price_cents"))
    unmoved = products.join(timed, on="product_id", how="left_anti")
    always = unmoved.select(*_stretch(F.lit(0), F.lit(_ALWAYS), "price_cents"))
    return first.unionByName(since).unionByName(always)


def tallies(events: DataFrame, standing: DataFrame) -> DataFrame:
    """Clicks, units and events of a day, product and price; of purchases one row a `buyer`.

    An event without a price counts at the one that stood. Price and product are null where they
    are not known; events that are neither clicks nor purchases are left out.
    """
    actions = events.where(F.col("event_type").isin(*ACTIONS))
    shown = actions.where("price_cents IS NOT NULL")
    # A file in which every event has its price is not read for this: its statistics say so.
    silent = _at_standing_price(actions.where("price_cents IS NULL"), standing)
    return _tally(shown.unionByName(silent))


def observed(
    tallied: DataFrame, orders: DataFrame, products: DataFrame, first: date, last: date
) -> DataFrame:
    """One row a day, product and price, with category and list price, and with a `problem` if the
    price model cannot learn from it.

    `void_units` are units of cancelled and returned orders that no purchase was found for. Of the
    orders count those of the days tallied, `first` to `last`, and those that tell no day.
    """
    day = F.col("event_date")
    voids = _voids(orders).where(day.isNull() | day.between(F.lit(first), F.lit(last)))
    kept = tallied.join(voids, on=_BUYER, how="full_outer").select(
        *_BUYER, *_less_voids("clicks", "units", "events", "voided")
    )
    spots = kept.groupBy(*_SPOT).agg(*_sums(), F.sum("void_units").alias("void_units"))
    known = products.select(
        "product_id", "category", "list_price_cents", F.lit(True).alias("is_known")
    )
    return spots.join(known, on="product_id", how="left").withColumn("problem", _problem())


def price_observations(seen: DataFrame) -> DataFrame:
    """What the price model learns from; see `catalog.lake`."""
    good = seen.where("problem IS NULL AND (clicks > 0 OR units > 0)")
    schema = PRICE_OBSERVATIONS.schema
    return conform(good.select(*schema.names), schema, stage="price_observations")


def unused(seen: DataFrame) -> DataFrame:
    """What cannot be learnt from: `events` and `units` by `reason`.

    Units bought at a price that nobody clicked at on that day stand in the observations, and say
    nothing of demand per click; void units without a purchase were taken from nothing.
    """
    lost = seen.where("problem IS NOT NULL").select(
        F.col("problem").alias("reason"), "events", "units"
    )
    unclicked = seen.where("problem IS NULL AND clicks = 0 AND units > 0").select(
        F.lit("no_click").alias("reason"), "events", "units"
    )
    voids = seen.where("void_units > 0").select(
        F.lit("void_without_purchase").alias("reason"),
        F.lit(0).cast("bigint").alias("events"),
        F.col("void_units").alias("units"),
    )
    rows = lost.where("events > 0").unionByName(unclicked).unionByName(voids)
    return rows.groupBy("reason").agg(
        F.sum("events").alias("events"), F.sum("units").alias("units")
    )


def _stretch(begin: Column, end: Column, price: str) -> list[Column]:
    return [
        F.col("product_id"),
        begin.cast("bigint").alias("from_ms"),
        end.cast("bigint").alias("until_ms"),
        F.col(price).alias("standing_cents"),
    ]


def _at_standing_price(silent: DataFrame, standing: DataFrame) -> DataFrame:
    at = F.col("event_timestamp")
    stood = standing.withColumnRenamed("product_id", "of_product")
    here = (
        (F.col("product_id") == F.col("of_product"))
        & (at >= F.col("from_ms"))
        & (at < F.col("until_ms"))
    )
    priced = silent.join(stood, on=here, how="left").withColumn(
        "price_cents", F.col("standing_cents")
    )
    return priced.select(*silent.columns)


def _tally(actions: DataFrame) -> DataFrame:
    is_click = F.col("event_type") == "click"
    units = F.when(is_click, 0).otherwise(F.coalesce("quantity", F.lit(1))).cast("bigint")
    return (
        actions.withColumn("buyer", F.when(~is_click, F.col("user_id")))
        .groupBy(*_BUYER)
        .agg(
            F.count_if(is_click).alias("clicks"),
            F.sum(units).alias("units"),
            F.count("*").alias("events"),
        )
    )


def _sums() -> list[Column]:
    return [F.sum(name).alias(name) for name in ("clicks", "units", "events")]


def _voids(orders: DataFrame) -> DataFrame:
    """Units of cancelled and returned orders by who bought what, when and at which price."""
    at = times.epoch_ms(F.col("ordered_at"))
    return (
        orders.where(F.col("status").isin(*VOID_ORDERS))
        .select(
            F.to_date(F.substring(times.iso(at), 1, 10)).alias("event_date"),
            "product_id",
            F.col("unit_price_cents").alias("price_cents"),
            F.col("user_id").alias("buyer"),
            F.coalesce("quantity", F.lit(1)).cast("bigint").alias("voided"),
        )
        .groupBy(*_BUYER)
        .agg(F.sum("voided").alias("voided"))
    )


def _less_voids(clicks: str, units: str, events: str, voided: str) -> list[Column]:
    none = F.lit(0).cast("bigint")
    bought, void = F.coalesce(units, none), F.coalesce(voided, none)
    return [
        F.coalesce(clicks, none).alias("clicks"),
        F.greatest(bought - void, none).alias("units"),
        F.coalesce(events, none).alias("events"),
        F.greatest(void - bought, none).alias("void_units"),
    ]


def _problem() -> Column:
    return (
        F.when(F.col("product_id").isNull(), "no_product")
        .when(F.col("is_known").isNull(), "unknown_product")
        .when(F.col("price_cents").isNull(), "no_price")
        .when(F.col("price_cents") < 1, "free")
        .when(F.coalesce("list_price_cents", F.lit(0)) < 1, "no_list_price")
    )
