"""A product's candidates of a batch are put together, once, in the order of their windows."""

from collections.abc import Iterator
from typing import Any

import pytest

from catalog import Column, DynamoTable, Schema
from glue_jobs import dynamodb

ITEMS = DynamoTable(
    name="put_all_once",
    comment="Items of this test",
    hash_key="product_id",
    range_key="candidate_id",
    schema=Schema(
        (
            Column("product_id", "string", "identity", required=True),
            Column("candidate_id", "string", "identity", required=True),
        )
    ),
)


def item(number: int, **other: Any) -> dict[str, Any]:
    return {"product_id": "p-1", "candidate_id": f"c-{number:03}", **other}


@pytest.fixture
def client(emulator: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    dynamo = emulator["dynamodb"]
    dynamo.create_table(
        TableName=ITEMS.name,
        KeySchema=ITEMS.key_schema(),
        AttributeDefinitions=ITEMS.attribute_definitions(),
        BillingMode="PAY_PER_REQUEST",
    )
    monkeypatch.setattr(dynamodb, "client", lambda: dynamo)
    yield dynamo
    dynamo.delete_table(TableName=ITEMS.name)


def stored(client: Any) -> list[dict[str, Any]]:
    items = client.scan(TableName=ITEMS.name)["Items"]
    return sorted(map(dynamodb.plain_item, items), key=lambda i: i["candidate_id"])


def test_all_are_put(client: Any) -> None:
    dynamodb.put_all_once(ITEMS, [item(1), item(2)])
    assert stored(client) == [item(1), item(2)]


def test_what_is_there_stays_and_the_rest_is_put(client: Any) -> None:
    dynamodb.put_once(ITEMS, item(1, price=999))
    dynamodb.put_all_once(ITEMS, [item(1, price=1), item(2, price=2)])
    assert stored(client) == [item(1, price=999), item(2, price=2)]


def test_a_second_time_changes_nothing(client: Any) -> None:
    dynamodb.put_all_once(ITEMS, [item(1, price=1), item(2, price=2)])
    dynamodb.put_all_once(ITEMS, [item(1, price=8), item(2, price=9)])
    assert stored(client) == [item(1, price=1), item(2, price=2)]


def test_more_than_a_transaction_takes_goes_in_several(client: Any) -> None:
    many = [item(number) for number in range(101)]
    dynamodb.put_all_once(ITEMS, many)
    assert stored(client) == many


def test_transactions_stay_below_the_size_that_dynamodb_takes() -> None:
    big = [item(number, event_keys=b"k" * 320_000) for number in range(20)]
    parts = list(dynamodb._transactions(big))
    assert [one for part in parts for one in part] == big
    assert max(len(part) * 320_000 for part in parts) <= 3_000_000
