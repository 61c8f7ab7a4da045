"""The contracts refuse mistakes when they are declared, and render without loss."""

import pytest

from catalog import CatalogError, Column, DynamoTable, Index, Schema, Stream
from catalog.docs import render
from catalog.price_loop import ORDERS, PRICE_CANDIDATES, PRODUCTS
from catalog.registry import STREAMS, TABLES, table
from catalog.streams import CLICKSTREAM

ID = Column("item_id", "string", "identity", required=True)
AT = Column("sold_at", "string", "time", required=True)
NOTE = Column("note", "string", "free text")
SCHEMA = Schema((ID, AT, NOTE))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hash_key": "item_di"}, r"key 'item_di' is not a column; .*'item_id'"),
        ({"range_key": "sold"}, "key 'sold' is not a column"),
        ({"range_key": "note"}, "key 'note' must be a required column"),
        ({"indexes": (Index("by_time", "sold_on"),)}, "items/by_time.*'sold_on'"),
        ({"ttl": "note"}, "time to live 'note' must be a bigint"),
        ({"stream_view": "NEW"}, "stream view 'NEW'"),
    ],
    ids=["hash key", "range key", "optional key", "index key", "time to live", "stream view"],
)
def test_a_typo_fails_at_construction(changes: dict, message: str) -> None:
    declared = {"name": "items", "comment": "c", "schema": SCHEMA, "hash_key": "item_id"}
    with pytest.raises(CatalogError, match=message):
        DynamoTable(**(declared | changes))


def test_a_key_of_a_type_that_dynamodb_cannot_key_by_is_refused() -> None:
    schema = Schema((Column("tags", "array<string>", "tags", required=True),))
    with pytest.raises(CatalogError, match="key 'tags' is array<string>"):
        DynamoTable(name="items", comment="c", schema=schema, hash_key="tags")


def test_a_stream_needs_its_partition_key_as_a_column() -> None:
    with pytest.raises(CatalogError, match="'user' is not a column"):
        Stream(name="s", comment="c", schema=SCHEMA, partition_key="user")


@pytest.mark.parametrize("name", ["Price", "price-cents", "1st", ""])
def test_a_column_name_is_lower_snake_case(name: str) -> None:
    with pytest.raises(CatalogError, match="lower-case"):
        Column(name, "string", "c")


def test_an_unknown_type_and_a_doubled_name_are_refused() -> None:
    with pytest.raises(CatalogError, match="'text' is not known"):
        Column("a", "text", "c")
    with pytest.raises(CatalogError, match=r"\['note'\] are declared twice"):
        Schema((NOTE, NOTE))


def test_an_unknown_column_or_table_lists_what_there_is() -> None:
    with pytest.raises(CatalogError, match=r"no column 'nope'; .*'item_id'"):
        SCHEMA["nope"]
    with pytest.raises(CatalogError, match=r"no table 'product'; .*'products'"):
        table("product")


def test_dynamodb_keys_of_a_table_and_its_index() -> None:
    assert ORDERS.key_schema() == [{"AttributeName": "order_id", "KeyType": "HASH"}]
    assert ORDERS.key_schema("by_product") == [
        {"AttributeName": "product_id", "KeyType": "HASH"},
        {"AttributeName": "ordered_at", "KeyType": "RANGE"},
    ]
    assert ORDERS.attribute_definitions() == [
        {"AttributeName": "order_id", "AttributeType": "S"},
        {"AttributeName": "product_id", "AttributeType": "S"},
        {"AttributeName": "ordered_at", "AttributeType": "S"},
    ]


def test_a_stream_renders_to_a_kinesis_table_of_the_data_catalog() -> None:
    arn = "arn:aws:kinesis:us-east-1:111122223333:stream/clickstream"
    rendered = CLICKSTREAM.to_table_input(arn)
    descriptor = rendered["StorageDescriptor"]
    assert rendered["Parameters"] == {"classification": "json"}
    assert descriptor["Parameters"] == {"typeOfData": "kinesis", "streamARN": arn}
    assert [c["Name"] for c in descriptor["Columns"]] == list(CLICKSTREAM.schema.names)


def test_a_table_renders_as_a_crawler_would_write_it() -> None:
    arn = "arn:aws:dynamodb:us-east-1:111122223333:table/price_candidates"
    rendered = PRICE_CANDIDATES.to_table_input(arn)
    assert rendered["Parameters"]["hashKey"] == "product_id"
    assert rendered["Parameters"]["rangeKey"] == "candidate_id"
    assert rendered["StorageDescriptor"]["Location"] == arn
    assert "rangeKey" not in PRODUCTS.to_table_input(arn)["Parameters"]


def test_every_contract_is_documented_by_the_generated_page() -> None:
    page = render()
    assert all(f"## {contract.name}\n" in page for contract in (*STREAMS, *TABLES))
