"""The function with its tables and its topic: in memory, and where asked for on an engine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.ctr import ALERTS, ANOMALIES, INCIDENTS
from infra.render import dynamodb_table
from lambdas.anomaly_notifier.alert_store import AlertStore
from lambdas.anomaly_notifier.app import handle
from lambdas.anomaly_notifier.parts import Parts
from lambdas.anomaly_notifier.settings import Settings
from lambdas.anomaly_notifier.store import IncidentStore
from lambdas.anomaly_notifier.topic import Topic
from tests.unit.anomaly_notifier.fakes import TOPIC_ARN, FakeDynamoDB, FakeSNS, throttled
from tests.unit.anomaly_notifier.rows import at, records
from tests.unit.price_updater.rows import plain_rows

ENVIRONMENT = {
    "PROFILE": "default",
    "TOPIC_ARN": TOPIC_ARN,
    "ANOMALIES_TABLE": ANOMALIES.name,
    "INCIDENTS_TABLE": INCIDENTS.name,
    "ALERTS_TABLE": ALERTS.name,
}


class World:
    """The function with its surroundings; `send` invokes it with rows, `sweep` without any."""

    def __init__(self, dynamodb: Any = None, **environment: str) -> None:
        self.dynamodb: Any = dynamodb or FakeDynamoDB()
        self.sns = FakeSNS()
        self.remaining_ms = 120_000
        self.now = at(0)
        settings = Settings.from_environment(ENVIRONMENT | environment)
        self.parts = Parts(
            settings=settings,
            store=IncidentStore(self.dynamodb, settings.tables),
            alerts=AlertStore(self.dynamodb, settings.tables.alerts),
            topic=Topic(self.sns, settings.topic_arn),
            clock=lambda: self.now,
            logger=logging.getLogger("anomaly_notifier"),
        )

    def send(self, *rows: Any) -> list[str]:
        """The results of a request of these rows, in their order."""
        return self.request(records(*rows))

    def request(self, sent: list[dict[str, Any]]) -> list[str]:
        """The results of a request of these records, in their order."""
        answer: Any = self.invoke({"invocationId": "i-1", "records": sent})
        assert [e["recordId"] for e in answer["records"]] == [r["recordId"] for r in sent]
        return [each["result"] for each in answer["records"]]

    def sweep(self) -> tuple[int, int, int]:
        """What a sweep found, sent, and left pending."""
        answer: Any = self.invoke({"sweep": True})
        return answer["found"], answer["sent"], answer["pending"]

    def invoke(self, event: dict[str, Any]) -> Any:
        """The function's answer to an event."""
        context: Any = SimpleNamespace(get_remaining_time_in_millis=lambda: self.remaining_ms)
        return handle(event, context, self.parts)

    def wait(self, seconds: float) -> None:
        """The wall clock moves on."""
        self.now += timedelta(seconds=seconds)

    def kinds(self) -> list[str]:
        """The kinds of what was published, in order."""
        return [each["kind"] for each in self.sns.published]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The items of a table, in the order of their keys."""
        return plain_rows(self.dynamodb.scan(TableName=table)["Items"])

    def states(self) -> list[tuple[str, str]]:
        """Kind and state of each message, in the order of their ids."""
        alerts = sorted(self.rows(ALERTS.name), key=lambda each: str(each["message_id"]))
        return [(each["kind"], each["state"]) for each in alerts]

    def incident(self) -> dict[str, Any]:
        """The only incident."""
        (found,) = self.rows(INCIDENTS.name)
        return found

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """All items, without the ids that SNS gave."""
        found = {table.name: self.rows(table.name) for table in (ANOMALIES, INCIDENTS, ALERTS)}
        for alert in found["alerts"]:
            alert.pop("sns_message_id", None)
        return found


@pytest.fixture
def world() -> World:
    """The function on tables in memory."""
    return World()


@pytest.fixture
def make() -> SimpleNamespace:
    """A function with other settings, by their variables; an error of a service."""
    return SimpleNamespace(world=World, environment=ENVIRONMENT, throttled=throttled)


@pytest.fixture(params=["fake", "emulator"])
def engine(request: pytest.FixtureRequest) -> Iterator[World]:
    """The function on tables in memory, then on a real engine's."""
    if request.param == "fake":
        yield World(DAILY_CAP="3")
        return
    client = request.getfixturevalue("emulator")["dynamodb"]
    made = ("TableName", "KeySchema", "AttributeDefinitions", "BillingMode")
    for table in (ANOMALIES, INCIDENTS, ALERTS):
        properties = dynamodb_table(table)["Properties"]
        indexes = {k: v for k, v in properties.items() if k == "GlobalSecondaryIndexes"}
        client.create_table(**{name: properties[name] for name in made}, **indexes)
    yield World(client, DAILY_CAP="3")
    for table in (ANOMALIES, INCIDENTS, ALERTS):
        client.delete_table(TableName=table.name)
