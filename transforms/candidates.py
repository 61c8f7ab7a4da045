"""Counts by window + what is known of the products -> price candidates.

own counts -> with_identity() -> with_known() -> with_observations() -> with_recent_orders()
-> with_evidence() -> candidates()
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from catalog.price_loop import PRICE_CANDIDATES, PRODUCTS
from transforms import times
from transforms.contract import conform
from transforms.observations import with_by_price

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

MAX_EVENT_KEYS = 40_000  # 320 KB: an item of DynamoDB ends at 400 KB
TIME_TO_LIVE_DAYS = 90
VOID_ORDERS = ("cancelled", "returned")
PRODUCT_FEATURES = PRODUCTS.schema.select(
    "product_id",
    *(name for name in PRODUCTS.schema.names if name in PRICE_CANDIDATES.schema.names[1:]),
)


def with_identity(counts: DataFrame, window: timedelta) -> DataFrame:
    """Adds `candidate_id`: the window's start and a hash of the keys of the events counted.

    The same events give the same id in whatever order and batch they come, other events another.
    `window_start` and `window_end` become text; `starts_at` is the start in epoch ms.
    """
    starts_at = F.col("window_start")
    digest = F.lpad(F.lower(F.hex(F.xxhash64("event_keys"))), 16, "0")
    return counts.withColumns(
        {
            "starts_at": starts_at,
            "window_start": times.iso(starts_at),
            "window_end": times.iso(starts_at + times.milliseconds(window)),
            "candidate_id": F.concat_ws("#", times.iso(starts_at), digest),
        }
    )


def with_known(counts: DataFrame, known: DataFrame) -> DataFrame:
    """Adds what is known of the product: its features, `known_product`, `orders`, `candidates`.

    `known` has these columns, and at most one row a product.
    """
    return counts.join(known, on="product_id", how="left").withColumn(
        "known_product", F.coalesce("known_product", F.lit(False))
    )


def with_observations(counts: DataFrame) -> DataFrame:
    """Adds `observations` by price; what was sent without one counts at the price that stands."""
    at_standing_price = F.transform(
        "shown", lambda o: o.withField("price_cents", F.coalesce(o["price_cents"], "price_cents"))
    )
    return with_by_price(counts, "observations", at_standing_price)


def with_recent_orders(counts: DataFrame, horizon: timedelta) -> DataFrame:
    """Adds `recent_orders` and `recent_units`: from `horizon` before the window up to its start.

    An order without a quantity has one unit; cancelled and returned ones do not count.
    """
    # The times are text of one form, which sorts as the instants do.
    earliest = times.iso(F.col("starts_at") - times.milliseconds(horizon))
    recent = F.filter(
        "orders",
        lambda o: (
            (o["ordered_at"] >= F.col("earliest"))
            & (o["ordered_at"] < F.col("window_start"))
            & ~F.coalesce(o["status"], F.lit("")).isin(*VOID_ORDERS)
        ),
    )
    units = F.aggregate(
        "recent",
        F.lit(0).cast("bigint"),
        lambda total, order: total + F.coalesce(order["quantity"], F.lit(1)),
    )
    found = counts.withColumn("earliest", earliest).withColumn(
        "recent", F.coalesce(recent, F.array())
    )
    return found.withColumns(
        {"recent_orders": F.size("recent").cast("bigint"), "recent_units": units}
    )


def with_evidence(counts: DataFrame, limit: int) -> DataFrame:
    """Adds `evidence`: observations of the product's earlier windows added up by price.

    Of the candidates that stand and those of this batch, the newest `limit` before the window. One
    that stands counts as it stands, though a replay computes it anew.
    """
    seen = ("candidate_id", "window_start", "observations")
    standing = F.transform(
        "candidates", lambda c: F.struct(*(c[name].alias(name) for name in seen))
    )
    joined = counts.withColumns(
        {
            "standing": F.coalesce(standing, F.array()),
            "fresh": F.collect_list(F.struct(*seen)).over(Window.partitionBy("product_id")),
        }
    )
    unwritten = F.filter(
        "fresh",
        lambda f: ~F.exists("standing", lambda c: c["candidate_id"] == f["candidate_id"]),
    )
    before = F.filter(
        F.concat("standing", unwritten), lambda c: c["window_start"] < F.col("window_start")
    )
    newest = F.slice(F.sort_array(before, asc=False), 1, limit)
    seen_before = F.flatten(F.transform(newest, lambda c: c["observations"]))
    return with_by_price(joined, "evidence", seen_before)


def candidates(features: DataFrame) -> DataFrame:
    """One candidate a product and window, as it is written; see `catalog.price_loop`."""
    to_seconds = F.floor(F.col("last_arrival_at") / 1_000)
    columns = features.withColumns(
        {
            "position_hash": F.col("batch_hash"),
            "event_keys": _concatenated("event_keys"),
            "expires_at": to_seconds + TIME_TO_LIVE_DAYS * 86_400,
        }
    )
    return conform(
        columns.select(*PRICE_CANDIDATES.schema.names), PRICE_CANDIDATES.schema, stage="candidates"
    )


def _concatenated(keys: str) -> Column:
    """The keys as bytes, 8 each, big-endian; null when there are too many for one item."""
    digits = F.transform(keys, lambda key: F.lpad(F.hex(key), 16, "0"))
    return F.when(F.size(keys) <= MAX_EVENT_KEYS, F.unhex(F.array_join(digits, "")))
