"""Writers of a batch's rows: each write is keyed or conditional, so a replay changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyarrow as pa
from awsglue.dynamicframe import DynamicFrame

from catalog.operations import REJECTS
from catalog.price_loop import PRICE_CANDIDATES
from glue_jobs import dynamodb
from glue_jobs.dynamodb import Item

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import DataFrame

_WRITTEN = pa.schema(
    [("product_id", pa.string()), ("known_product", pa.bool_()), ("events", pa.int64())]
)


def put_candidates(candidates: DataFrame) -> DataFrame:
    """Puts each candidate unless its id is there: the first write wins, also over a moved price.

    One row a candidate: `product_id`, `known_product`, and `events`, the number it counts.
    Lazy: an action on the answer writes.
    """
    return candidates.mapInArrow(_put, "product_id string, known_product boolean, events bigint")


def _put(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    with ThreadPoolExecutor(dynamodb.THREADS) as pool:
        for batch in batches:
            rows = list(pool.map(_put_candidate, batch.to_pylist()))
            yield pa.RecordBatch.from_pylist(rows, schema=_WRITTEN)


def _put_candidate(candidate: Item) -> Item:
    client = dynamodb.client()
    try:
        client.put_item(
            TableName=PRICE_CANDIDATES.name,
            Item=dynamodb.typed_item(candidate),
            ConditionExpression="attribute_not_exists(product_id)",
        )
    except client.exceptions.ConditionalCheckFailedException:
        pass  # an earlier try of this batch wrote it
    return {
        "product_id": candidate["product_id"],
        "known_product": candidate["known_product"],
        "events": candidate["clicks"] + candidate["purchases"],
    }


def put_rejects(rejects: DataFrame, glue: GlueContext) -> None:
    """Puts each reject, keyed by its position in the stream: a replay puts the same again."""
    glue.write_dynamic_frame.from_options(
        frame=DynamicFrame.fromDF(rejects, glue, "rejects"),
        connection_type="dynamodb",
        connection_options={"dynamodb.output.tableName": REJECTS.name},
    )
