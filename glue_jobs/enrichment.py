"""What is known of a batch's products: by key, or from snapshots of the whole tables.

products, orders (DynamicFrames, of the keys or of the tables) -> ApplyMapping, Join -> Known.
Candidates are read by key either way: they must be those of this moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from awsglue.dynamicframe import DynamicFrame
from awsglue.transforms import ApplyMapping, Join
from pyspark.sql import functions as F

from catalog.price_loop import ORDERS, PRODUCTS
from glue_jobs.lookups import ORDER_FEATURES, look_up
from glue_jobs.snapshots import Snapshot
from transforms.candidates import PRODUCT_FEATURES

_FEATURES = PRODUCT_FEATURES.select(*(n for n in PRODUCT_FEATURES.names if n != "product_id"))

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import DataFrame


# One row a product, as `transforms.candidates.with_known` takes it, and the read units it cost.
Known = tuple["DataFrame", float]
# Given the products asked for and the batch's id; the answer holds while the context is open.
Enrichment = Callable[["DataFrame", int], AbstractContextManager[Known]]


class EnrichmentSettings(Protocol):
    """The options of a job that say how it enriches."""

    database: str
    enrichment: str
    snapshot_every: int
    evidence_candidates: int


def chosen(glue: GlueContext, options: EnrichmentSettings) -> Enrichment:
    """The enrichment that `--enrichment` names; both give the same candidates."""
    if options.enrichment == "keys":
        return by_key(glue, options.evidence_candidates)
    return by_snapshot(glue, options.database, options.evidence_candidates, options.snapshot_every)


def by_key(glue: GlueContext, evidence: int) -> Enrichment:
    """Everything by key: the cost is the batch's, whatever the size of the tables."""
    features = [(f"product.{c.name}", c.type, c.name, c.type) for c in _FEATURES]
    mappings = [
        ("product_id", "string", "product_id", "string"),
        ("product.product_id", "string", "known_id", "string"),
        *features,
        ("orders", "orders"),
        ("candidates", "candidates"),
    ]

    @contextmanager
    def known(asked: DataFrame, batch_id: int) -> Iterator[Known]:
        with _looked_up(asked, evidence, by_key=True) as (found, units):
            frame = DynamicFrame.fromDF(found, glue, "known")
            yield _flagged(ApplyMapping.apply(frame=frame, mappings=mappings).toDF()), units

    return known


def by_snapshot(glue: GlueContext, database: str, evidence: int, every: int) -> Enrichment:
    """Products and orders of whole tables, read anew every so many batches.

    Between two readings a product stands as it was read: the candidates after a move of its price
    are stale, and move none, until the next.
    """
    products = Snapshot(glue, database, PRODUCTS.name, PRODUCT_FEATURES, every)
    orders = Snapshot(glue, database, ORDERS.name, ORDER_FEATURES, every)

    @contextmanager
    def known(asked: DataFrame, batch_id: int) -> Iterator[Known]:
        with _looked_up(asked, evidence, by_key=False) as (found, units):
            ids = found.select(F.col("product_id").alias("asked_id"))
            keys = DynamicFrame.fromDF(ids, glue, "keys")
            features = _of_keys(keys, products.frame(batch_id)).withColumnRenamed(
                "product_id", "known_id"
            )
            order = F.struct(*ORDER_FEATURES.names)
            bought = (
                _of_keys(keys, orders.frame(batch_id))
                .groupBy("asked_id")
                .agg(F.collect_list(order).alias("orders"))
            )
            joined = found.select(F.col("product_id").alias("asked_id"), "candidates")
            for part in (features, bought):
                joined = joined.join(part, on="asked_id", how="left")
            yield _flagged(joined.withColumnRenamed("asked_id", "product_id")), units

    return known


def _of_keys(keys: DynamicFrame, frame: DynamicFrame) -> DataFrame:
    joined = Join.apply(frame1=keys, frame2=frame, keys1=["asked_id"], keys2=["product_id"])
    return joined.toDF()


def _flagged(known: DataFrame) -> DataFrame:
    return known.withColumn("known_product", F.col("known_id").isNotNull()).drop("known_id")


@contextmanager
def _looked_up(
    asked: DataFrame, evidence: int, *, by_key: bool
) -> Iterator[tuple[DataFrame, float]]:
    # Cached, since each use would look up again; counted first, so that its size is known when the
    # joins with it are planned.
    found = look_up(asked, evidence=evidence, by_key=by_key).persist()
    try:
        units = found.agg(F.sum("read_units")).collect()[0][0]
        yield found, units or 0.0
    finally:
        found.unpersist()
