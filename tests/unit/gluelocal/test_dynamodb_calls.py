"""Scans and batched puts, against a client that is a list of answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest
from gluelocal.awsjson import AwsCallError, Target
from gluelocal.dynamodb_read import ScanRequest, _pages, scan_request
from gluelocal.dynamodb_write import Putter, WriteRequest, write_request
from gluelocal.errors import CatalogTableError, DynamoDbItemError

TARGET = Target("dynamodb", "DynamoDB_20120810")
REQUEST = WriteRequest("orders", ("id",), TARGET, tries=3)


class FakeClient:
    """Answers by a function of the body, and remembers what it was asked."""

    def __init__(self, answer: Callable[[Mapping[str, Any]], Any]) -> None:
        self.answer = answer
        self.bodies: list[dict[str, Any]] = []
        self.pauses: list[int] = []

    def call(self, operation: str, body: Mapping[str, Any]) -> bytes:
        self.bodies.append(orjson.loads(orjson.dumps(body)))
        return orjson.dumps(self.answer(body))

    def pause(self, attempt: int) -> None:
        self.pauses.append(attempt)


def putter(client: FakeClient) -> Putter:
    return Putter(REQUEST, client)  # type: ignore[arg-type]


def items(count: int) -> list[dict[str, Any]]:
    return [{"id": {"S": str(i)}} for i in range(count)]


def put_ids(body: Mapping[str, Any]) -> list[str]:
    return [put["PutRequest"]["Item"]["id"]["S"] for put in body["RequestItems"]["orders"]]


def test_items_go_out_25_a_call() -> None:
    client = FakeClient(lambda body: {})
    put = putter(client)
    put.put(items(60))
    assert [len(put_ids(body)) for body in client.bodies] == [25, 25, 10]
    assert (put.items, put.retried) == (60, 0)


def test_of_two_items_with_one_key_in_a_call_the_last_wins() -> None:
    client = FakeClient(lambda body: {})
    putter(client).put([{"id": {"S": "a"}, "n": {"N": n}} for n in "123"])
    (put,) = client.bodies[0]["RequestItems"]["orders"]
    assert put["PutRequest"]["Item"]["n"] == {"N": "3"}


def test_unprocessed_items_are_sent_again_after_a_pause() -> None:
    left = iter([{"orders": [{"PutRequest": {"Item": {"id": {"S": "1"}}}}]}, {}])
    client = FakeClient(lambda body: {"UnprocessedItems": next(left)})
    put = putter(client)
    put.put(items(2))
    assert [put_ids(body) for body in client.bodies] == [["0", "1"], ["1"]]
    assert (client.pauses, put.retried) == ([0], 1)


def test_a_table_that_never_takes_the_items_ends_in_an_error() -> None:
    client = FakeClient(lambda body: {"UnprocessedItems": body["RequestItems"]})
    with pytest.raises(AwsCallError, match="orders left 1 items over after 3 tries"):
        putter(client).put(items(1))


def test_a_row_without_its_key_is_refused() -> None:
    with pytest.raises(DynamoDbItemError, match=r"null key \['id'\]"):
        putter(FakeClient(dict)).checked({"n": {"N": "1"}})


def test_an_item_over_400_kb_is_refused_with_its_key() -> None:
    item = {"id": {"S": "k7"}, "text": {"S": "x" * 409_600}}
    with pytest.raises(DynamoDbItemError, match=r"key \{'id': \{'S': 'k7'\}\} has 409608 bytes"):
        putter(FakeClient(dict)).checked(item)


def test_an_item_of_exactly_400_kb_is_taken() -> None:
    item = {"id": {"S": "k"}, "t": {"S": "x" * (409_600 - 4)}}
    assert putter(FakeClient(dict)).checked(item) is item


def test_a_scan_follows_the_last_evaluated_key() -> None:
    pages = iter([{"Items": [{}], "LastEvaluatedKey": {"id": {"S": "1"}}}, {"Items": []}])
    client = FakeClient(lambda body: next(pages))
    request = ScanRequest("orders", 4, True, TARGET)
    assert list(_pages(client.call, request, 2)) == [[{}]]
    assert client.bodies[0] == {
        "TableName": "orders", "ConsistentRead": True, "Segment": 2, "TotalSegments": 4,
    }  # fmt: skip
    assert client.bodies[1]["ExclusiveStartKey"] == {"id": {"S": "1"}}


@pytest.mark.parametrize("splits", [0, "1000001"])
def test_splits_out_of_range_are_refused(splits: Any) -> None:
    options = {"dynamodb.input.tableName": "t", "dynamodb.splits": splits}
    with pytest.raises(CatalogTableError, match="use a number from 1 to 1000000"):
        scan_request(options)


def test_options_come_as_text_numbers_and_truths() -> None:
    found = scan_request(
        {
            "dynamodb.input.tableName": "t",
            "dynamodb.splits": "4.0",
            "dynamodb.consistentRead": True,
        }
    )
    assert (found.segments, found.consistent) == (4, True)


def test_a_write_needs_a_table() -> None:
    with pytest.raises(CatalogTableError, match=r"dynamodb\.output\.tableName is missing"):
        write_request({})
