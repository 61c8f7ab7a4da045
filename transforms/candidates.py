"""Counts by window + what is known of the products -> price candidates.

own counts -> with_identity() -> with_known() -> with_features() -> with_evidence() -> candidates()
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from catalog.price_loop import PRICE_CANDIDATES, PRODUCTS
from transforms import times
from transforms.contract import conform
from transforms.observations import by_price, let

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
    return counts.withColumns(_identity(window))


def with_known(counts: DataFrame, known: DataFrame) -> DataFrame:
    """Adds what is known of the product: its features, `known_product`, `orders`, `candidates`.

    `known` has these columns, and at most one row a product; they are null where it has none.
    """
    return counts.join(known, on="product_id", how="left")


def with_features(counts: DataFrame, orders_horizon: timedelta) -> DataFrame:
    """Adds `observations`, `recent_orders` and `recent_units`; `known_product` is never null.

    Observations are by price; what was sent without one counts at the price that stands. Recent
    are the orders from `orders_horizon` before the window up to its start: one without a quantity
    has one unit; cancelled and returned ones do not count.
    """
    return counts.withColumns(_features(orders_horizon))


def with_evidence(counts: DataFrame, limit: int) -> DataFrame:
    """Adds `evidence`: observations of the product's earlier windows added up by price.

    Of the candidates that stand and those of this batch, the newest `limit` before the window. One
    that stands counts as it stands, though a replay computes it anew.
    """
    fresh, evidence = _evidence(limit)
    return counts.withColumn("fresh", fresh).withColumn("evidence", evidence)


def candidates(features: DataFrame, max_keys: int = MAX_EVENT_KEYS) -> DataFrame:
    """One candidate a product and window, as it is written; see `catalog.price_loop`.

    One of more than `max_keys` events keeps no keys of them.
    """
    return conform(
        features.select(*_written(max_keys)), PRICE_CANDIDATES.schema, stage="candidates"
    )


@cache
def _identity(window: timedelta) -> dict[str, Column]:
    starts_at = F.col("window_start")
    digest = F.lpad(F.lower(F.hex(F.xxhash64("event_keys"))), 16, "0")
    return {
        "starts_at": starts_at,
        "window_start": times.iso(starts_at),
        "window_end": times.iso(starts_at + times.milliseconds(window)),
        "candidate_id": F.concat_ws("#", times.iso(starts_at), digest),
    }


@cache
def _features(orders_horizon: timedelta) -> dict[str, Column]:
    at_standing_price = F.transform(
        "shown", lambda o: o.withField("price_cents", F.coalesce(o["price_cents"], "price_cents"))
    )
    earliest = times.iso(F.col("starts_at") - times.milliseconds(orders_horizon))
    recent = let(_comparable(earliest), _orders_since)
    return {
        "known_product": F.coalesce("known_product", F.lit(False)),
        "observations": by_price(at_standing_price),
        "recent_orders": F.size(recent).cast("bigint"),
        "recent_units": F.aggregate(
            recent,
            F.lit(0).cast("bigint"),
            lambda total, order: total + F.coalesce(order["quantity"], F.lit(1)),
        ),
    }


def _comparable(instant: Column) -> Column:
    """ISO-8601 text of whole seconds without its zone, which sorts before all of its second."""
    return F.substring_index(instant, "Z", 1)


def _orders_since(earliest: Column) -> Column:
    return F.filter(
        F.coalesce("orders", F.array()),
        lambda o: (
            (o["ordered_at"] >= earliest)
            & (o["ordered_at"] < _comparable(F.col("window_start")))
            & ~F.coalesce(o["status"], F.lit("")).isin(*VOID_ORDERS)
        ),
    )


@cache
def _evidence(limit: int) -> tuple[Column, Column]:
    """The candidates of this batch for the same product, and the evidence of all."""
    seen = ("candidate_id", "window_start", "observations")
    fresh = F.collect_list(F.struct(*seen)).over(Window.partitionBy("product_id"))
    known = F.coalesce("candidates", F.array())
    standing = F.transform(known, lambda c: F.struct(*(c[n].alias(n) for n in seen)))
    unwritten = F.filter(
        "fresh", lambda f: ~F.exists(known, lambda c: c["candidate_id"] == f["candidate_id"])
    )
    before = F.filter(
        F.concat(standing, unwritten), lambda c: c["window_start"] < F.col("window_start")
    )
    newest = F.slice(F.sort_array(before, asc=False), 1, limit)
    return fresh, by_price(F.flatten(F.transform(newest, lambda c: c["observations"])))


@cache
def _written(max_keys: int) -> list[Column]:
    to_seconds = F.floor(F.col("last_arrival_at") / 1_000)
    computed = {
        "position_hash": F.col("batch_hash"),
        "event_keys": _concatenated(F.col("event_keys"), max_keys),
        "expires_at": to_seconds + TIME_TO_LIVE_DAYS * 86_400,
    }
    names = PRICE_CANDIDATES.schema.names
    return [computed[n].alias(n) if n in computed else F.col(n) for n in names]


def _concatenated(keys: Column, max_keys: int) -> Column:
    """The keys as bytes, 8 each, big-endian; null when there are too many for one item."""
    digits = F.transform(keys, lambda key: F.lpad(F.hex(key), 16, "0"))
    return F.when(F.size(keys) <= max_keys, F.unhex(F.array_join(digits, "")))
