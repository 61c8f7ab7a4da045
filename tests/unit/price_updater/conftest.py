"""The function with all it talks to, on fakes; its tables also on real engines."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.price_loop import PRICE_CHANGES, PRODUCTS
from lambdas.price_updater.app import handle
from lambdas.price_updater.batch import Parts
from lambdas.price_updater.failures import FailureQueue
from lambdas.price_updater.model import PriceModel
from lambdas.price_updater.record import parse_candidate, parse_product
from lambdas.price_updater.settings import Settings
from lambdas.price_updater.store import PriceStore
from localaws.clients import Clients
from tests.unit.price_updater.fakes import (
    QUEUE_URL,
    FakeDynamoDB,
    FakeQueue,
    FakeRuntime,
    client_error,
)
from tests.unit.price_updater.rows import (
    ANSWER,
    CANDIDATE,
    PRODUCT,
    attributes,
    plain_rows,
    stream_record,
)

EVENTS = Path(__file__).parents[2] / "events"
NOW = datetime(2026, 1, 1, 0, 0, 13, tzinfo=UTC)
SETTINGS = Settings(
    products_table="products",
    price_changes_table="price_changes",
    price_model_endpoint="price-model",
    failure_queue_url=QUEUE_URL,
    max_step=Fraction("0.1"),
    min_step=Fraction("0.01"),
    cool_down=timedelta(0),
    give_up_after=timedelta(seconds=600),
)


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
