"""Writers of a batch's rows: each write is keyed or conditional, so a replay changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import pyarrow as pa
from awsglue.dynamicframe import DynamicFrame
from pyspark.sql import functions as F

from catalog.ctr import CTR_WINDOWS
from catalog.operations import REJECTS
from catalog.price_loop import PRICE_CANDIDATES
from catalog.tables import DynamoTable
from glue_jobs import dynamodb
from glue_jobs.dynamodb import Item
from transforms.candidates import MAX_EVENT_KEYS

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import DataFrame

_WRITTEN = pa.schema(
    [("product_id", pa.string()), ("known_product", pa.bool_()), ("events", pa.int64())]
)


def put_candidates(candidates: DataFrame) -> DataFrame:
    """Puts each candidate unless its id is there: the first write wins, also over a moved price.

    A product's candidates of a batch become visible together and in the order of their windows:
    the first may move the price, and a try after a crash must not find it moved between two.
    One row a candidate: `product_id`, `known_product`, and `events`, the number it counts.
    Lazy: an action on the answer writes. Rows of a product must share a partition.
    """
    in_order = candidates.sortWithinPartitions("product_id", "window_start")
    return in_order.mapInArrow(_put, "product_id string, known_product boolean, events bigint")


def totals(written: DataFrame) -> DataFrame:
    """One row over all candidates put: `results`, `events`, and of the candidates those on
    `unknown_products` and those `without_keys`, which count more events than an item can name.
    """
    return written.agg(
        F.count("*").alias("results"),
        F.count_if(~F.col("known_product")).alias("unknown_products"),
        F.count_if(F.col("events") > MAX_EVENT_KEYS).alias("without_keys"),
        F.coalesce(F.sum("events"), F.lit(0)).alias("events"),
    )


def _put(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    rows = (row for batch in batches for row in batch.to_pylist())
    products = [list(group) for _, group in groupby(rows, key=itemgetter("product_id"))]
    with ThreadPoolExecutor(dynamodb.THREADS) as pool:
        written = [row for group in pool.map(_put_product, products) for row in group]
    yield pa.RecordBatch.from_pylist(written, schema=_WRITTEN)


def _put_product(candidates: list[Item]) -> list[Item]:
    if len(candidates) == 1:
        dynamodb.put_once(PRICE_CANDIDATES, candidates[0])  # half the price of a transaction
    else:
        dynamodb.put_all_once(PRICE_CANDIDATES, candidates)
    return [
        {
            "product_id": candidate["product_id"],
            "known_product": candidate["known_product"],
            "events": candidate["clicks"] + candidate["purchases"],
        }
        for candidate in candidates
    ]


def put_rejects(rejects: DataFrame, glue: GlueContext) -> None:
    """Puts each reject, keyed by its position in the stream: a replay puts the same again."""
    _put_items(rejects, REJECTS, glue)


def put_windows(windows: DataFrame, glue: GlueContext) -> None:
    """Puts each window, keyed by site and start: a replay puts the same again."""
    _put_items(windows, CTR_WINDOWS, glue)


def _put_items(items: DataFrame, table: DynamoTable, glue: GlueContext) -> None:
    glue.write_dynamic_frame.from_options(
        frame=DynamicFrame.fromDF(items, glue, table.name),
        connection_type="dynamodb",
        connection_options={"dynamodb.output.tableName": table.name},
    )
