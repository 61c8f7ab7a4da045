"""Base rows with overrides, and the AWS services of the function as hand-written fakes."""

from __future__ import annotations

import io
import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from catalog.price_loop import PRICE_CHANGES, PRODUCTS
from lambdas.price_updater.app import handle
from lambdas.price_updater.batch import Parts
from lambdas.price_updater.failures import FailureQueue
from lambdas.price_updater.model import PriceModel
from lambdas.price_updater.record import parse_candidate, parse_product
from lambdas.price_updater.settings import Settings
from lambdas.price_updater.store import PriceStore
from localaws.clients import Clients

EVENTS = Path(__file__).parents[2] / "events"
NOW = datetime(2026, 1, 1, 0, 0, 13, tzinfo=UTC)
CANDIDATE: dict[str, Any] = {
    "product_id": "p1",
    "candidate_id": "2026-01-01T00:00:00Z#00000000000000aa",
    "window_start": "2026-01-01T00:00:00Z",
    "window_end": "2026-01-01T00:00:10Z",
    "clicks": 12,
    "purchases": 1,
    "units": 1,
    "users": 9,
    "observations": [{"price_cents": 1000, "clicks": 12, "units": 1}],
    "evidence": [],
    "recent_orders": 2,
    "recent_units": 3,
    "known_product": True,
    "price_cents": 1000,
    "price_version": 3,
    "list_price_cents": 1100,
    "cost_cents": 400,
    "min_price_cents": 500,
    "max_price_cents": 2000,
    "stock": 20,
    "category": "kitchen",
    "first_event_at": 1767225601000,
    "last_event_at": 1767225609000,
    "last_arrival_at": 1767225609500,
    "expires_at": 1775001609,
}
PRODUCT: dict[str, Any] = {
    "product_id": "p1",
    "name": "Mug",
    "price_cents": 1000,
    "cost_cents": 400,
    "min_price_cents": 500,
    "max_price_cents": 2000,
    "price_version": 3,
    "colour": "blue",
}
ANSWER: dict[str, Any] = {
    "product_id": "p1",
    "candidate_id": CANDIDATE["candidate_id"],
    "price_cents": 1050.4,
    "expected_units_per_click": 0.1,
    "expected_profit_per_click_cents": 55.04,
    "current_profit_per_click_cents": 41.2,
    "model_version": "m1",
}
SETTINGS = Settings(
    products_table="products",
    price_changes_table="price_changes",
    price_model_endpoint="price-model",
    failure_queue_url="https://sqs.example/price_failures",
    max_step=Fraction("0.1"),
    min_step=Fraction("0.01"),
    cool_down=timedelta(0),
    give_up_after=timedelta(seconds=600),
)


def attributes(row: dict[str, Any]) -> dict[str, Any]:
    """A row as DynamoDB's attribute values; nulls are left out, as the job leaves them out."""
    present = {name: value for name, value in row.items() if value is not None}
    return TypeSerializer().serialize(present)["M"]


def plain_rows(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items of attribute values as rows."""
    plain = TypeDeserializer().deserialize
    return [{name: plain(value) for name, value in item.items()} for item in items]


def stream_record(number: int = 1, **overrides: Any) -> dict[str, Any]:
    """An INSERT of the candidates' stream; None takes a column out."""
    image = attributes(CANDIDATE | overrides)
    return {
        "eventID": f"event-{number}",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:111122223333:table/price_candidates/stream/s",
        "dynamodb": {
            "ApproximateCreationDateTime": 1767225612.0,
            "Keys": {name: image[name] for name in ("product_id", "candidate_id")},
            "NewImage": image,
            "SequenceNumber": f"{number:021d}",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def client_error(code: str, operation: str = "Operation", **fields: Any) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": f"{code} happened"}, **fields}, operation
    )


class FakeDynamoDB:
    """Tables in memory with the conditions that the function uses; test_store.py holds it to a
    real engine. `fail_next` is raised by the next call that it names."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {
            "products": {},
            "price_changes": {},
        }
        self.fail_next: dict[str, list[Exception]] = {}

    def delete_item(self, TableName: str, Key: dict[str, Any]) -> None:  # noqa: N803
        del self.tables[TableName][(Key["product_id"]["S"],)]

    def put_item(self, TableName: str, Item: dict[str, Any]) -> None:  # noqa: N803
        keys = ("product_id", "candidate_id")
        key = tuple(Item[name]["S"] for name in keys if name in Item)
        self.tables[TableName][key] = dict(Item)

    def scan(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        return {"Items": [item for _, item in sorted(self.tables[TableName].items())]}

    def rows(self, table: str) -> list[dict[str, Any]]:
        return plain_rows(self.scan(table)["Items"])

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        self._fail("batch_get_item")
        found = {}
        for table, request in RequestItems.items():
            assert request["ConsistentRead"] is True
            names = request["ProjectionExpression"].split(", ")
            keys = [(key["product_id"]["S"],) for key in request["Keys"]]
            items = [self.tables[table][key] for key in keys if key in self.tables[table]]
            found[table] = [{n: item[n] for n in names if n in item} for item in items]
        return {"Responses": found, "UnprocessedKeys": {}}

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:  # noqa: N803
        self._fail("transact_write_items")
        reasons = [self._reason(*next(iter(each.items()))) for each in TransactItems]
        if any(reason["Code"] != "None" for reason in reasons):
            raise client_error("TransactionCanceledException", CancellationReasons=reasons)
        for each in TransactItems:
            self._write(*next(iter(each.items())))

    def _fail(self, name: str) -> None:
        if self.fail_next.get(name):
            raise self.fail_next[name].pop(0)

    def _item(self, kind: str, request: dict[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
        source = request["Item"] if kind == "Put" else request["Key"]
        names = ("product_id", "candidate_id") if kind == "Put" else ("product_id",)
        key = tuple(source[name]["S"] for name in names)
        return key, self.tables[request["TableName"]].get(key, {})

    def _reason(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        _, item = self._item(kind, request)
        values = request.get("ExpressionAttributeValues", {})
        if all(_holds(c, item, values) for c in request["ConditionExpression"].split(" AND ")):
            return {"Code": "None"}
        old = {"Item": item} if "ReturnValuesOnConditionCheckFailure" in request and item else {}
        return {"Code": "ConditionalCheckFailed", **old}

    def _write(self, kind: str, request: dict[str, Any]) -> None:
        key, item = self._item(kind, request)
        if kind == "Put":
            self.tables[request["TableName"]][key] = dict(request["Item"])
            return
        for part in request["UpdateExpression"].removeprefix("SET ").split(", "):
            name, value = part.strip().split(" = ")
            item[name] = request["ExpressionAttributeValues"][value]


def _holds(condition: str, item: dict[str, Any], values: dict[str, Any]) -> bool:
    if found := re.fullmatch(r"attribute_(not_)?exists\((\w+)\)", condition):
        return (found[2] in item) is (found[1] is None)
    name, value = condition.split(" = ")
    return item.get(name) == values[value]


class FakeRuntime:
    """A SageMaker runtime. `answer` makes the line for a line asked; `fail_next` is raised."""

    def __init__(self) -> None:
        self.answer: Callable[[dict[str, Any]], Any] = lambda row: (
            ANSWER
            | {
                "product_id": row["product_id"],
                "candidate_id": row["candidate_id"],
            }
        )
        self.content_type = "application/jsonlines"
        self.fail_next: list[Exception | None] = []
        self.calls: list[list[dict[str, Any]]] = []

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        assert request["EndpointName"] == "price-model"
        assert request["ContentType"] == request["Accept"] == "application/jsonlines"
        rows = [json.loads(line) for line in request["Body"].splitlines()]
        self.calls.append(rows)
        error = self.fail_next.pop(0) if self.fail_next else None
        if error is not None:
            raise error
        lines = [self.answer(row) for row in rows]
        text = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
        return {"ContentType": self.content_type, "Body": io.BytesIO(text.encode())}


class FakeQueue:
    """An SQS queue; `fail_next` is raised."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.fail_next: list[Exception] = []

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803
        assert QueueUrl == SETTINGS.failure_queue_url
        if self.fail_next:
            raise self.fail_next.pop(0)
        self.messages.append(json.loads(MessageBody))


class World:
    """The function with all it talks to; `send` invokes it with stream records."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.dynamodb, self.runtime, self.queue = FakeDynamoDB(), FakeRuntime(), FakeQueue()
        self.now = NOW
        self.parts = Parts(
            settings=settings,
            store=PriceStore(self.dynamodb, "products", "price_changes"),
            model=PriceModel(self.runtime, "price-model"),
            failures=FailureQueue(self.queue, settings.failure_queue_url),
            clock=lambda: self.now,
            logger=logging.getLogger("price_updater"),
        )

    def stock(self, *products: dict[str, Any]) -> None:
        for overrides in products:
            self.dynamodb.put_item("products", attributes(PRODUCT | overrides))

    def send(self, *records: dict[str, Any]) -> list[str]:
        """Sequence numbers that the function names as failed, as numbers given to the records."""
        context = SimpleNamespace(aws_request_id="request-1")
        response = handle({"Records": list(records)}, context, self.parts)
        return [int(each["itemIdentifier"]) for each in response["batchItemFailures"]]

    def product(self, product_id: str = "p1") -> dict[str, Any]:
        return next(
            row for row in self.dynamodb.rows("products") if row["product_id"] == product_id
        )

    def ledger(self) -> list[dict[str, Any]]:
        return self.dynamodb.rows("price_changes")


@pytest.fixture
def world() -> World:
    """The function with one product in stock."""
    made = World()
    made.stock({})
    return made


@contextmanager
def emulated_tables(client: Any) -> Iterator[Any]:
    """The client, with both tables made and in the end dropped."""
    for table in (PRODUCTS, PRICE_CHANGES):
        client.create_table(
            TableName=table.name,
            KeySchema=table.key_schema(),
            AttributeDefinitions=table.attribute_definitions(),
            BillingMode="PAY_PER_REQUEST",
        )
    yield client
    for table in (PRODUCTS, PRICE_CHANGES):
        client.delete_table(TableName=table.name)


# The second lane: Amazon's own engine, DynamoDB Local, where one is running and named.
AMAZON = os.environ.get("DYNAMODB_LOCAL_ENDPOINT")


@pytest.fixture(params=["fake", "emulator", *(["amazon"] if AMAZON else [])])
def dynamodb(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A DynamoDB client with both tables: the fake, then real engines."""
    if request.param == "fake":
        yield FakeDynamoDB()
        return
    clients = request.getfixturevalue("emulator") if request.param == "emulator" else None
    with emulated_tables((clients or Clients(str(AMAZON)))["dynamodb"]) as client:
        yield client


@pytest.fixture
def tables(dynamodb: Any) -> SimpleNamespace:
    """`products` and `price_changes` on either engine, with their store."""
    client = dynamodb
    return SimpleNamespace(
        store=PriceStore(client, "products", "price_changes"),
        put=lambda **row: client.put_item(TableName="products", Item=attributes(PRODUCT | row)),
        products=lambda: plain_rows(client.scan(TableName="products")["Items"]),
        ledger=lambda: plain_rows(client.scan(TableName="price_changes")["Items"]),
        client=client,
    )


@pytest.fixture
def make() -> SimpleNamespace:
    """Builders of rows: a base with overrides; None takes a column out."""
    return SimpleNamespace(
        record=stream_record,
        attributes=attributes,
        candidate=lambda **overrides: parse_candidate(attributes(CANDIDATE | overrides)),
        product=lambda **overrides: parse_product(attributes(PRODUCT | overrides)),
        answer=ANSWER,
        settings=SETTINGS,
        world=World,
        client_error=client_error,
        dynamodb=FakeDynamoDB,
        now=NOW,
        event=lambda name: json.loads((EVENTS / f"{name}.json").read_text()),
    )
