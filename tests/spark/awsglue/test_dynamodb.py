"""Tables read and written through the emulator's DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from gluelocal.errors import CatalogTableError
from pyspark.sql import SparkSession

from localaws.clients import Clients

FrameOf = Callable[[list[dict[str, Any]]], DynamicFrame]
Table = Callable[..., dict[str, str]]


@pytest.fixture
def table(cloud: Clients) -> Table:
    """Makes a table with key `id`; the options that read and write it."""

    def make(name: str) -> dict[str, str]:
        cloud["dynamodb"].create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        # The executors' environment was set before the emulator had an address.
        return {
            "dynamodb.input.tableName": name,
            "dynamodb.output.tableName": name,
            "dynamodb.endpoint": cloud.endpoint,
            "dynamodb.region": "us-east-1",
        }

    return make


def by_id(frame: DynamicFrame) -> dict[str, dict[str, Any]]:
    return {row.id: row.asDict(recursive=True) for row in frame.toDF().collect()}


def test_a_table_is_read_with_the_types_of_its_items(
    glue: GlueContext, cloud: Clients, table: Table
) -> None:
    options = table("typed-items")
    for item in (
        {"id": {"S": "a"}, "n": {"N": "12"}, "d": {"N": "1.5"}, "tags": {"SS": ["x"]}},
        {"id": {"S": "b"}, "m": {"M": {"r": {"BOOL": True}}}, "b": {"B": b"\x00\xff"},
         "gone": {"NULL": True}, "mixed": {"N": "1"}},
        {"id": {"S": "c"}, "mixed": {"S": "one"}},
    ):  # fmt: skip
        cloud["dynamodb"].put_item(TableName="typed-items", Item=item)
    frame = glue.create_dynamic_frame.from_options("dynamodb", options)
    kinds = {field.name: field.dataType.typeName() for field in frame.schema()}
    assert kinds == {
        "id": "string", "n": "long", "d": "double", "tags": "array", "m": "struct",
        "b": "binary", "mixed": "choice",
    }  # fmt: skip
    found = by_id(frame)
    assert found["a"]["n"] == 12
    assert found["a"]["tags"] == ["x"]
    assert found["b"]["m"] == {"r": True}
    assert bytes(found["b"]["b"]) == b"\x00\xff"
    assert found["c"]["mixed"] == {"long": None, "string": "one"}


def test_an_empty_table_is_an_empty_frame(glue: GlueContext, table: Table) -> None:
    frame = glue.create_dynamic_frame.from_options("dynamodb", table("empty-table"))
    assert (frame.count(), len(frame.schema())) == (0, 0)


def test_all_segments_of_a_parallel_scan_are_read_once(
    glue: GlueContext, spark: SparkSession, table: Table
) -> None:
    options = table("many-items")
    plain = spark.range(0, 500, 1, 3).selectExpr("cast(id AS string) AS id", "id AS n")
    frame = DynamicFrame.fromDF(plain, glue, "many")
    errors = glue.write_dynamic_frame.from_options(frame, "dynamodb", options)
    assert errors.name == "many_errors"
    read = glue.create_dynamic_frame.from_options("dynamodb", {**options, "dynamodb.splits": "4"})
    assert sorted(row.n for row in read.toDF().collect()) == list(range(500))


def test_nulls_are_left_out_and_items_are_replaced_whole(
    glue: GlueContext, cloud: Clients, table: Table, frame_of: FrameOf
) -> None:
    options = table("replaced-items")
    first = frame_of([{"id": "a", "n": 1, "old": "x"}, {"id": "b", "n": None}])
    glue.write_dynamic_frame.from_options(first, "dynamodb", options)
    second = frame_of([{"id": "a", "n": 0}, {"id": "a", "n": 2}])
    collection = DynamicFrameCollection({"only": second}, glue)
    glue.write_dynamic_frame.from_options(collection, "dynamodb", options)
    items = cloud["dynamodb"].scan(TableName="replaced-items")["Items"]
    assert sorted(items, key=lambda item: str(item["id"])) == [
        {"id": {"S": "a"}, "n": {"N": "2"}},
        {"id": {"S": "b"}},
    ]


def test_a_row_without_a_key_fails_the_write_and_names_the_key(
    glue: GlueContext, table: Table, frame_of: FrameOf
) -> None:
    options = table("keyed-items")
    with pytest.raises(Exception, match=r"keyed-items: a row has a null key \['id'\]"):
        glue.write_dynamic_frame.from_options(
            frame_of([{"id": "a"}, {"id": None}]), "dynamodb", options
        )
    with pytest.raises(CatalogTableError, match=r"no key column \['id'\]; its columns are \['n'\]"):
        glue.write_dynamic_frame.from_options(frame_of([{"n": 1}]), "dynamodb", options)


def test_a_crawled_table_is_read_and_written_by_its_catalog_name(
    glue: GlueContext, cloud: Clients, table: Table, frame_of: FrameOf
) -> None:
    options = table("Crawled-Table")
    arn = cloud["dynamodb"].describe_table(TableName="Crawled-Table")["Table"]["TableArn"]
    cloud["glue"].create_database(DatabaseInput={"Name": "crawled"})
    cloud["glue"].create_table(
        DatabaseName="crawled",
        TableInput={"Name": "crawled_table", "Parameters": {"classification": "dynamodb"},
                    "StorageDescriptor": {"Columns": [], "Location": arn}},
    )  # fmt: skip
    place = {k: v for k, v in options.items() if not k.endswith("tableName")}
    glue.write_dynamic_frame.from_catalog(
        frame_of([{"id": "a"}]), "crawled", "crawled_table", additional_options=place
    )
    frame = glue.create_dynamic_frame.from_catalog(
        database="crawled", table_name="crawled_table", additional_options=place
    )
    assert frame.name == "crawled_table"
    assert list(by_id(frame)) == ["a"]


def test_only_frames_are_written(glue: GlueContext, spark: SparkSession) -> None:
    with pytest.raises(TypeError, match="must be an instance of DynamicFrame"):
        glue.write_dynamic_frame.from_options(spark.range(1), "dynamodb", {})  # type: ignore[arg-type]
