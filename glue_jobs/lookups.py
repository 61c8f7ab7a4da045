"""What DynamoDB knows of the products of a batch, read by key on the executors.

The cost follows the batch: BatchGetItem for the products, one Query a product for its recent
orders, one for its candidates. Every answer says what it consumed; the sum is given back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql.pandas.types import to_arrow_schema

from catalog.columns import Column, Schema
from catalog.price_loop import OBSERVATIONS_TYPE, ORDERS
from glue_jobs import dynamodb, reads
from glue_jobs.dynamodb import Item
from glue_jobs.values import fitted
from transforms.candidates import PRODUCT_FEATURES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from pyspark.sql import DataFrame

ORDER_FEATURES = ORDERS.schema.select("product_id", "ordered_at", "quantity", "status")
_CANDIDATE_TYPE = (
    "struct<candidate_id:string,window_start:string,position_hash:bigint,"
    f"observations:{OBSERVATIONS_TYPE},event_keys:array<bigint>>"
)


def _struct(schema: Schema) -> str:
    return f"struct<{','.join(f'{column.name}:{column.type}' for column in schema)}>"


_FOUND = Schema(
    (
        Column("product_id", "string", "product asked for", required=True),
        Column("product", _struct(PRODUCT_FEATURES), "its item; null when unknown"),
        Column("orders", f"array<{_struct(ORDER_FEATURES)}>", "its recent orders"),
        Column("candidates", f"array<{_CANDIDATE_TYPE}>", "its candidates"),
        Column("read_units", "double", "what reading them consumed", required=True),
    )
)


def look_up(asked: DataFrame, *, evidence: int, by_key: bool) -> DataFrame:
    """One row a product asked for: `product`, `orders`, `candidates`, `read_units`.

    `asked` has product_id, orders_from, first_window and last_window (ISO-8601 text). `product` is
    null for an unknown product; `candidates` are those of the windows asked for, with the keys of
    their events, and the newest `evidence` before them. Without `by_key`, the candidates alone.
    """
    schema = _FOUND.struct_type()
    # A number, since Spark would put what is small in one partition, and so in one worker.
    spread = asked.repartition(asked.sparkSession.sparkContext.defaultParallelism)
    return spread.mapInArrow(_LookUp(evidence, by_key, to_arrow_schema(schema)), schema)


@dataclass(frozen=True)
class _LookUp:
    """The function that a Python worker runs on a partition of products."""

    evidence: int
    by_key: bool
    schema: pa.Schema

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        client = dynamodb.client()
        with ThreadPoolExecutor(dynamodb.THREADS) as pool:
            for batch in batches:
                rows = self._rows(client, pool, batch.to_pylist())
                yield pa.RecordBatch.from_pylist(rows, schema=self.schema)

    def _rows(self, client: DynamoDBClient, pool: Executor, asked: list[Item]) -> list[Item]:
        found = {a["product_id"]: {"product_id": a["product_id"], "read_units": 0.0} for a in asked}
        size = dynamodb.MAX_BATCH_KEYS
        ids = list(found) if self.by_key else []
        products = [
            pool.submit(reads.products_of, client, ids[i : i + size])
            for i in range(0, len(ids), size)
        ]
        one = self._reader(client)
        for row, answer in zip(found.values(), pool.map(one, asked), strict=True):
            row |= answer
        for future in products:
            items, units = future.result()
            for product_id, item in items.items():
                found[product_id]["product"] = fitted(item, PRODUCT_FEATURES)
            if found:
                next(iter(found.values()))["read_units"] += units
        return list(found.values())

    def _reader(self, client: DynamoDBClient) -> Callable[[Item], Item]:
        def read(asked: Item) -> Item:
            product_id, last = asked["product_id"], asked["last_window"]
            candidates, units = reads.candidates_of(
                client, product_id, asked["first_window"], last, self.evidence
            )
            if not self.by_key:
                return {"candidates": candidates, "read_units": units}
            found, more = reads.orders_of(client, product_id, asked["orders_from"], last)
            orders = [fitted(order, ORDER_FEATURES) for order in found]
            return {"candidates": candidates, "orders": orders, "read_units": units + more}

        return read
