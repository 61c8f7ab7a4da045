"""The function on a table: one in memory, and where it is asked for a real engine's."""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.sessions import SESSIONS
from lambdas.session_writer.app import handle
from lambdas.session_writer.batch import Parts
from lambdas.session_writer.settings import Settings
from lambdas.session_writer.store import SessionStore
from tests.unit.price_updater.fakes import client_error
from tests.unit.price_updater.rows import plain_rows

SETTINGS = Settings(sessions_table="sessions", time_to_live=timedelta(days=90))
ROW: dict[str, Any] = {
    "user_id": "anna",
    "session_id": "anna_mobile_09:30:00",
    "session_time": "09:30:00",
    "latest_time": "09:30:00",
    "started_at": "2026-01-01T09:30:00.000Z",
    "revision": 1,
    "status": "open",
    "entry_page": "home",
    "ended_at": None,
}


class FakeTable:
    """The table with the one condition that the function uses; test_store.py holds it to a real
    engine. `failing` raises for a user."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.failing: dict[str, Exception] = {}
        self.order: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def put_item(self, **request: Any) -> None:
        assert request["TableName"] == "sessions"
        condition = "attribute_not_exists(user_id) OR revision < :revision"
        assert request["ConditionExpression"] == condition
        item = request["Item"]
        user, key = item["user_id"]["S"], (item["user_id"]["S"], item["started_at"]["S"])
        if user in self.failing:
            raise self.failing[user]
        with self._lock:
            self.order.append((user, item["revision"]["N"]))
            there = self.items.get(key)
            revision = int(request["ExpressionAttributeValues"][":revision"]["N"])
            if there and not int(there["revision"]["N"]) < revision:
                raise client_error("ConditionalCheckFailedException")
            self.items[key] = dict(item)

    def scan(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        return {"Items": [item for _, item in sorted(self.items.items())]}


def record(number: int = 1, **overrides: Any) -> dict[str, Any]:
    """A record of a request: the base row with overrides."""
    return encoded(json.dumps(ROW | overrides), number)


def encoded(text: str | bytes, number: int = 1) -> dict[str, Any]:
    """A record of a request with this data."""
    content = text.encode() if isinstance(text, str) else text
    return {
        "recordId": f"row-{number}",
        "lambdaDeliveryRecordMetadata": {"retryHint": 0},
        "data": base64.b64encode(content).decode(),
    }


class World:
    """The function with its table; `send` invokes it."""

    def __init__(self, client: Any = None) -> None:
        self.table: Any = client or FakeTable()
        self.remaining_ms = 60_000
        self.parts = Parts(
            settings=SETTINGS,
            store=SessionStore(self.table, "sessions"),
            logger=logging.getLogger("session_writer"),
        )

    def send(self, *records: dict[str, Any]) -> list[str]:
        """The results, in the order of the records."""
        context: Any = SimpleNamespace(get_remaining_time_in_millis=lambda: self.remaining_ms)
        answer = handle({"invocationId": "i-1", "records": list(records)}, context, self.parts)
        assert [e["recordId"] for e in answer["records"]] == [r["recordId"] for r in records]
        return [each["result"] for each in answer["records"]]

    def rows(self) -> list[dict[str, Any]]:
        items = plain_rows(self.table.scan(TableName="sessions")["Items"])
        return sorted(items, key=lambda item: (item["user_id"], item["started_at"]))


@pytest.fixture
def world() -> World:
    """The function on a table in memory."""
    return World()


@pytest.fixture(params=["fake", "emulator"])
def engine(request: pytest.FixtureRequest) -> Iterator[World]:
    """The function on a table in memory, then on a real engine's."""
    if request.param == "fake":
        yield World()
        return
    client = request.getfixturevalue("emulator")["dynamodb"]
    client.create_table(
        TableName=SESSIONS.name,
        KeySchema=SESSIONS.key_schema(),
        AttributeDefinitions=SESSIONS.attribute_definitions(),
        BillingMode="PAY_PER_REQUEST",
    )
    yield World(client)
    client.delete_table(TableName=SESSIONS.name)


@pytest.fixture
def make() -> SimpleNamespace:
    """Builders: a record of a row with overrides, one of any data, an error, a function."""
    return SimpleNamespace(
        row=ROW,
        record=record,
        encoded=encoded,
        client_error=client_error,
        settings=SETTINGS,
        world=World,
    )
