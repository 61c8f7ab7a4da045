"""Writes frames to DynamoDB: whole items by BatchWriteItem, in parallel on the executors.

A write is an overwrite by key: at-least-once delivery of the same rows leaves the same items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import pyarrow as pa
from awsglue import gluetypes as G
from pyspark.sql import DataFrame

from gluelocal.awsjson import AwsCallError, Client, Target
from gluelocal.dynamodb_read import target
from gluelocal.dynamodb_types import ITEM_BYTES, item_encoder, item_size
from gluelocal.errors import CatalogTableError, DynamoDbItemError
from gluelocal.type_json import struct_from_json

ITEMS_A_CALL: Final = 25
_COUNT_SCHEMA: Final = "items bigint, retried bigint"

Item = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class WriteRequest:
    """A table, its key attributes, and how to reach it."""

    table: str
    keys: tuple[str, ...]
    target: Target
    tries: int = 10
    tasks: int | None = None


@dataclass(frozen=True)
class Written:
    """Items put, and items that had to be sent again because the service left them over."""

    items: int
    retried: int


def write_request(options: Mapping[str, Any]) -> WriteRequest:
    """The write that `connection_options` ask for.

    Raises:
        CatalogTableError: no table is named.
        AwsCallError: there is no such table.
    """
    table = options.get("dynamodb.output.tableName")
    if not table:
        raise CatalogTableError(
            "connection_options: dynamodb.output.tableName is missing; name the table to write."
        )
    sink = target(options, "glue-dynamodb-write-sts-session")
    described = orjson.loads(sink.client().call("DescribeTable", {"TableName": table}))
    keys = tuple(key["AttributeName"] for key in described["Table"]["KeySchema"])
    tasks = options.get("dynamodb.output.numParallelTasks")
    return WriteRequest(
        table=str(table),
        keys=keys,
        target=sink,
        tries=int(float(options.get("dynamodb.output.retry", 10))) + 1,
        tasks=int(float(tasks)) if tasks else None,
    )


def write(frame: DataFrame, types: G.StructType, request: WriteRequest) -> Written:
    """Put every row of `frame` as an item.

    Raises:
        CatalogTableError: the frame lacks a key column.
        DynamoDbItemError: a row has no key, is too large, or holds what DynamoDB cannot.
        AwsCallError: the table does not take the items in the allowed tries.
    """
    missing = [key for key in request.keys if key not in types.field_map]
    if missing:
        raise CatalogTableError(
            f"DynamoDB table {request.table}: the frame has no key column {missing}; its columns "
            f"are {[field.name for field in types]}."
        )
    rows = frame.coalesce(request.tasks) if request.tasks else frame
    counts = rows.mapInArrow(_writer(request, types.json()), _COUNT_SCHEMA).collect()
    return Written(sum(row[0] for row in counts), sum(row[1] for row in counts))


def _writer(
    request: WriteRequest, types_json: str
) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    def write_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        types = struct_from_json(types_json)
        putter = Putter(request, request.target.client())
        encode = item_encoder(types)
        putter.put(putter.checked(encode(row)) for batch in batches for row in batch.to_pylist())
        yield pa.RecordBatch.from_pydict({"items": [putter.items], "retried": [putter.retried]})

    return write_batches


class Putter:
    """Puts items through one client, 25 a call."""

    def __init__(self, request: WriteRequest, client: Client) -> None:
        self._request, self._client = request, client
        self.items = self.retried = 0

    def checked(self, item: Item) -> Item:
        """`item`. Raises DynamoDbItemError when it has no key or is over 400 KB."""
        key = {name: item.get(name) for name in self._request.keys}
        absent = [name for name, value in key.items() if value is None]
        if absent:
            raise DynamoDbItemError(
                f"DynamoDB table {self._request.table}: a row has a null key {absent}; "
                f"its key is {key}. Leave such rows out."
            )
        size = item_size(item)
        if size > ITEM_BYTES:
            raise DynamoDbItemError(
                f"DynamoDB table {self._request.table}: the item with key {key} has {size} bytes; "
                f"DynamoDB takes {ITEM_BYTES}. Make it smaller, or keep the large part in S3."
            )
        return item

    def put(self, items: Iterable[Item]) -> None:
        """Put all items, in their order; the last of several with the same key in a call wins."""
        for chunk in _chunks(items, ITEMS_A_CALL):
            latest = {self._key(item): item for item in chunk}
            self._put_chunk(list(latest.values()))
            self.items += len(chunk)

    def _key(self, item: Item) -> bytes:
        return orjson.dumps([item[name] for name in self._request.keys])

    def _put_chunk(self, items: Sequence[Item]) -> None:
        left: list[dict[str, Any]] = [{"PutRequest": {"Item": item}} for item in items]
        for attempt in range(self._request.tries):
            body = {"RequestItems": {self._request.table: left}}
            answer = orjson.loads(self._client.call("BatchWriteItem", body))
            left = answer.get("UnprocessedItems", {}).get(self._request.table, [])
            if not left:
                return
            self.retried += len(left)
            self._client.pause(attempt)
        raise AwsCallError(
            "BatchWriteItem",
            "UnprocessedItems",
            f"table {self._request.table} left {len(left)} items over after "
            f"{self._request.tries} tries; raise its write capacity or dynamodb.output.retry.",
        )


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
