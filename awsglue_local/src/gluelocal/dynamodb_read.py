"""Reads DynamoDB tables: one parallel scan segment a task, items typed by what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
import pyarrow as pa
from awsglue import gluetypes as G
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from gluelocal import inference
from gluelocal.awsjson import Target
from gluelocal.dynamodb_types import decode_item
from gluelocal.errors import CatalogTableError
from gluelocal.structure import held_value, spark_struct
from gluelocal.type_json import struct_from_json

_PAGE_SCHEMA: Final = "page binary, type string"
_MOST_SEGMENTS: Final = 1_000_000
_ROWS_A_BATCH: Final = 10_000


def target(options: Mapping[str, Any], session_name: str) -> Target:
    """Where and as whom DynamoDB is called, by the `dynamodb.*` options."""
    return Target(
        "dynamodb",
        "DynamoDB_20120810",
        region=options.get("dynamodb.region"),
        endpoint=options.get("dynamodb.endpoint"),
        role_arn=options.get("dynamodb.sts.roleArn"),
        role_session=options.get("dynamodb.sts.roleSessionName", session_name),
    )


@dataclass(frozen=True)
class ScanRequest:
    """A whole-table scan in `segments` parts."""

    table: str
    segments: int
    consistent: bool
    target: Target


def scan_request(options: Mapping[str, Any]) -> ScanRequest:
    """The scan that `connection_options` ask for.

    Raises:
        CatalogTableError: no table is named, or the number of splits is out of range.
    """
    table = options.get("dynamodb.input.tableName")
    if not table:
        raise CatalogTableError(
            "connection_options: dynamodb.input.tableName is missing; name the table to read."
        )
    segments = int(float(options.get("dynamodb.splits", 1)))
    if not 1 <= segments <= _MOST_SEGMENTS:
        raise CatalogTableError(
            f"dynamodb.splits: found {segments}; use a number from 1 to {_MOST_SEGMENTS}."
        )
    consistent = str(options.get("dynamodb.consistentRead", "false")).lower() == "true"
    source = target(options, "glue-dynamodb-read-sts-session")
    return ScanRequest(str(table), segments, consistent, source)


def scan(spark: SparkSession, request: ScanRequest) -> tuple[DataFrame, G.StructType]:
    """The table's items as a frame, and their record type: the merged types of all items.

    The table is scanned once, here and now; Spark drops the pages with the last frame over them.
    """
    segments = spark.range(0, request.segments, 1, request.segments)
    # Not persist(), which would keep every snapshot that a long job ever read.
    pages = segments.mapInArrow(_scanner(request), _PAGE_SCHEMA).localCheckpoint()
    found = [struct_from_json(row.type) for row in pages.select("type").distinct()
             .collect()]  # fmt: skip
    types = inference.widened(inference.merged_struct(found), None)
    if not isinstance(types, G.StructType) or not len(types):
        return spark.createDataFrame([], spark_struct(G.StructType())), G.StructType()
    rows = pages.select("page").mapInArrow(_decoder(types.json()), spark_struct(types))
    return rows, types


def _scanner(
    request: ScanRequest,
) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    def scan_segments(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        client = request.target.client()
        for batch in batches:
            for segment in batch.column(0).to_pylist():
                for items in _pages(client.call, request, segment):
                    records = [decode_item(item) for item in items]
                    kind = inference.shapes(records).json()
                    yield pa.RecordBatch.from_pydict(
                        {"page": pa.array([orjson.dumps(items)], pa.binary()), "type": [kind]}
                    )

    return scan_segments


def _pages(
    call: Callable[[str, Mapping[str, Any]], bytes], request: ScanRequest, segment: int
) -> Iterator[list[dict[str, Any]]]:
    body: dict[str, Any] = {"TableName": request.table, "ConsistentRead": request.consistent}
    if request.segments > 1:
        body |= {"Segment": segment, "TotalSegments": request.segments}
    while True:
        answer = orjson.loads(call("Scan", body))
        if answer["Items"]:
            yield answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return
        body["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _decoder(types_json: str) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    def decode_pages(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        types = struct_from_json(types_json)
        schema = to_arrow_schema(spark_struct(types))
        for batch in batches:
            for page in batch.column(0).to_pylist():
                rows = [held_value(decode_item(item), types) for item in orjson.loads(page)]
                for start in range(0, len(rows), _ROWS_A_BATCH):
                    yield pa.RecordBatch.from_pylist(rows[start : start + _ROWS_A_BATCH], schema)

    return decode_pages
