"""Tables of the Data Catalog in the forms that templates and crawlers give them."""

from __future__ import annotations

from typing import Any

import pytest
from gluelocal.datacatalog import from_definition

STREAM: dict[str, Any] = {
    "Name": "source",
    "Parameters": {"classification": "json"},
    "StorageDescriptor": {
        "Columns": [{"Name": "dish", "Type": "string"}, {"Name": "cost", "Type": "decimal"}],
        "Location": "SourceKinesisStream",
        "Parameters": {
            "streamARN": "arn:aws:kinesis:us-east-1:111122223333:stream/Source",
            "typeOfData": "kinesis",
        },
    },
}
CRAWLED: dict[str, Any] = {
    "Name": "productpriority",
    "Parameters": {"classification": "dynamodb", "hashKey": "item", "typeOfData": "table"},
    "StorageDescriptor": {
        "Columns": [{"Name": "item", "Type": "string"}, {"Name": "price", "Type": "bigint"}],
        "Location": "arn:aws:dynamodb:us-east-1:111122223333:table/ProductPriority",
    },
}


def test_a_stream_table_has_its_columns_and_stream() -> None:
    table = from_definition("db", STREAM)
    assert table.kind == "kinesis"
    assert table.schema.simpleString() == "struct<dish:string,cost:decimal(10,0)>"
    assert table.parameters["streamARN"].endswith(":stream/Source")


def test_a_stream_table_needs_neither_serde_nor_type_of_data() -> None:
    table = from_definition(
        "db", {"Name": "t", "StorageDescriptor": {"Parameters": {"streamName": "s"}}}
    )
    assert table.kind == "kinesis"
    assert len(table.schema) == 0


def test_the_real_name_of_a_crawled_table_comes_from_its_location() -> None:
    table = from_definition("db", CRAWLED)
    assert (table.kind, table.dynamodb_table) == ("dynamodb", "ProductPriority")


def test_a_handmade_dynamodb_table_names_its_source() -> None:
    parameters = {"classification": "dynamodb", "sourceTable": "Orders"}
    table = from_definition("db", {"Name": "orders", "Parameters": parameters})
    assert table.dynamodb_table == "Orders"


@pytest.mark.parametrize("classification", ["json", "Parquet"])
def test_a_table_on_s3_has_its_partition_keys_as_columns(classification: str) -> None:
    table = from_definition(
        "db",
        {
            "Name": "t",
            "Parameters": {"classification": classification},
            "PartitionKeys": [{"Name": "day", "Type": "date"}],
            "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}],
                                  "Location": "s3://b/p/"},
        },
    )  # fmt: skip
    assert (table.kind, table.classification) == ("s3", classification.lower())
    assert table.schema.names == ["a", "day"]
    assert table.partition_keys == ("day",)
