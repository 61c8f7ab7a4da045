"""The local cloud for tests: bare (APIs and mappings alone), or whole with the deployed stack."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from localaws.accounting import read_totals
from localaws.clients import Clients
from localaws.cloud import Cloud, CloudOptions, write_history
from localaws.demo import to_record
from localaws.emulator import start_emulator, wait_until_healthy
from localaws.environment import aws_environment, free_port
from localaws.jobs import JobRun
from localaws.mappings.driver import MappingDriver
from localaws.mappings.idle import wait_until_idle
from localaws.model import train_model
from localaws.processes import Supervisor
from localaws.sending import Record, Sender
from localaws.shop import Shop
from localaws.state import StateFolder
from localaws.tables import put_items, scan
from localaws.waiting import wait_until


class BareCloud:
    """The emulator and the driver of mappings, nothing deployed."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        endpoint = f"http://127.0.0.1:{port}"
        self.clients = Clients(endpoint)
        self.status_file = folder / "mappings.json"
        self.supervisor = Supervisor(uuid.uuid4().hex, folder, aws_environment(endpoint, endpoint))
        self.child = start_emulator(self.supervisor, folder, port)
        self.driver = MappingDriver(endpoint, self.status_file)
        wait_until_healthy(self.child, endpoint)
        self.driver.start()

    def function(self, name: str, code: str) -> str:
        """Create a function from the source of its module `app`; returns its ARN."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("app.py", code)
        created = self.clients["lambda"].create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="app.handler",
            Role="arn:aws:iam::000000000000:role/r",
            Code={"ZipFile": archive.getvalue()},
            Timeout=30,
        )
        return str(created["FunctionArn"])

    def table(self, name: str) -> str:
        """Create a table with the key `id` and a stream; returns the stream's ARN."""
        created = self.clients["dynamodb"].create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        return str(created["TableDescription"]["LatestStreamArn"])

    def close(self) -> None:
        self.driver.stop()
        assert self.supervisor.close() == 0


@pytest.fixture(scope="session")
def bare_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareCloud]:
    """APIs and mappings, for tests that bring functions and tables of their own."""
    cloud = BareCloud(tmp_path_factory.mktemp("bare"))
    yield cloud
    cloud.close()


class MappedTable:
    """A table whose function writes what it sees into the table `<name>-seen`."""

    def __init__(self, cloud: BareCloud, name: str, code: str, mapping: dict[str, Any]) -> None:
        self.name = name
        self.cloud = cloud
        self.queue = cloud.clients["sqs"].create_queue(QueueName=f"{name}-failed")["QueueUrl"]
        stream = cloud.table(name)
        self.seen = f"{name}-seen"
        cloud.table(self.seen)
        function = cloud.function(name, code.replace("SEEN_TABLE", self.seen))
        created = cloud.clients["lambda"].create_event_source_mapping(
            FunctionName=function,
            EventSourceArn=stream,
            StartingPosition="TRIM_HORIZON",
            DestinationConfig={
                "OnFailure": {"Destination": f"arn:aws:sqs:us-east-1:000000000000:{name}-failed"}
            },
            **mapping,
        )
        self.uuid = created["UUID"]

    def put(self, *ids: str) -> None:
        """Write items one after the other, so that the stream has them in this order."""
        for item_id in ids:
            put_items(self.cloud.clients, self.name, [{"id": item_id}])

    def settle(self) -> None:
        """Wait until the mapping has nothing left to do."""
        wait_until_idle(self.cloud.status_file, 30)

    def remove(self, item_id: str) -> None:
        self.cloud.clients["dynamodb"].delete_item(TableName=self.name, Key={"id": {"S": item_id}})

    def disable(self) -> None:
        self.cloud.clients["lambda"].update_event_source_mapping(UUID=self.uuid, Enabled=False)

    def wait_for_seen(self, item_id: str) -> None:
        wait_until(lambda: item_id in self.seen_ids(), 30, lambda: f"{item_id} was never seen")

    def seen_ids(self) -> list[str]:
        return sorted(item["id"] for item in scan(self.cloud.clients, self.seen))

    def failures(self) -> list[dict[str, Any]]:
        """The documents in the on-failure queue."""
        answer = self.cloud.clients["sqs"].receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10
        )
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@pytest.fixture
def mapped(bare_cloud: BareCloud) -> Callable[..., MappedTable]:
    """`mapped(code, BatchSize=10, ...)`: a table whose stream is mapped to a function."""

    def make(code: str, **mapping: Any) -> MappedTable:
        return MappedTable(bare_cloud, f"t-{uuid.uuid4().hex[:8]}", code, mapping)

    return make


# What differs between two runs by nature: when records arrived and where they lay in the stream,
# and when prices were committed.
OF_ONE_RUN = {"last_arrival_at", "expires_at", "position_hash", "committed_at"}
WINDOW_SECONDS = 10
# Of a window: a purchase follows its click by up to 0.9 s.
ROUND_SECONDS = 9


Tables = dict[str, list[dict[str, Any]]]


class Loop:
    """The deployed price loop with 12 products of the shop, and its job run when asked.

    A round is: records are put, the job runs until the stream is drained, and the mapping of the
    candidates is followed to its end. All records of a round are one micro-batch, so that two
    clouds that get the same records in the same rounds must end alike.
    """

    def __init__(self, folder: Path, artefact: Path) -> None:
        self.shop = Shop(seed=7, products=12, events_per_second=50)
        options = CloudOptions(
            window_seconds=WINDOW_SECONDS,
            allowed_lateness="10 minutes",
            products=self.shop.products(),
            artefact=artefact,
        )
        self.cloud = Cloud(StateFolder(folder / "state"), options)
        self.clients = self.cloud.clients
        self.artefact = artefact
        self.sent = 0

    def events(self, number: int) -> list[Record]:
        """The shop's events of the round's two windows, at its starting prices throughout."""
        ticks = (
            self.shop.tick(window * WINDOW_SECONDS, ROUND_SECONDS, self.shop.starting_prices())
            for window in (2 * number, 2 * number + 1)
        )
        return [to_record(event) for tick in ticks for event in tick.events]

    def put(self, records: Sequence[Record]) -> None:
        sender = Sender(self.clients["kinesis"], "clickstream")
        sender.send(records)
        self.sent += sender.sent

    def start_job(self) -> JobRun:
        return self.cloud.start_job(("--until", "drained"))

    def finish(self, run: JobRun) -> None:
        """Wait until the job has drained the stream and the mapping has nothing left."""
        state = run.wait(180)
        run.check()
        assert state == "SUCCEEDED"
        wait_until_idle(self.cloud.state.mappings_file, 90)
        assert read_totals(self.clients).accounted == self.sent

    def round(self, records: Sequence[Record]) -> None:
        self.put(records)
        self.finish(self.start_job())

    def tables(self) -> Tables:
        """What must be the same however the run was disturbed."""
        return {
            name: _comparable(scan(self.clients, name))
            for name in ("products", "price_candidates", "price_changes")
        }

    def differences(self, expected: Tables) -> list[str]:
        """Where the tables differ from those expected: table, key, attribute, both values."""
        found = self.tables()
        return [line for name in expected for line in _differences(name, found, expected)]

    def rejects(self) -> dict[str, dict[str, Any]]:
        """The records set aside, by position."""
        return {item["position"]: item for item in scan(self.clients, "rejects")}


def _differences(name: str, found: Any, expected: Any) -> list[str]:
    here, there = ({_key(item): item for item in tables[name]} for tables in (found, expected))
    lines = [f"{name} {key}: only here" for key in here.keys() - there.keys()]
    lines += [f"{name} {key}: missing" for key in there.keys() - here.keys()]
    for key in here.keys() & there.keys():
        columns = here[key].keys() | there[key].keys()
        lines += [
            f"{name} {key} {column}: {here[key].get(column)!r}, not {there[key].get(column)!r}"
            for column in sorted(columns)
            if here[key].get(column) != there[key].get(column)
        ]
    return sorted(lines)


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return item["product_id"], item.get("candidate_id", "")


def _comparable(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = ({key: item[key] for key in item.keys() - OF_ONE_RUN} for item in items)
    return sorted(kept, key=_key)


@pytest.fixture(scope="session")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model trained on the shop's history."""
    folder = tmp_path_factory.mktemp("model")
    write_history(Shop(7).history(), folder / "history.csv")
    supervisor = Supervisor(uuid.uuid4().hex, folder, aws_environment("http://127.0.0.1:9", ""))
    try:
        (folder / "artefact").mkdir()
        return train_model(supervisor, folder / "history.csv", folder / "artefact/model.tar.gz")
    finally:
        supervisor.close()


@pytest.fixture(scope="session")
def new_loop(
    tmp_path_factory: pytest.TempPathFactory, artefact: Path
) -> Callable[[], AbstractContextManager[Loop]]:
    """`with new_loop() as loop`: a fresh price loop; afterwards no process of it is left."""

    @contextmanager
    def make() -> Iterator[Loop]:
        made = Loop(tmp_path_factory.mktemp("loop"), artefact)
        with made.cloud:
            yield made
        assert made.cloud.left == 0

    return make


@pytest.fixture
def loop(new_loop: Callable[[], AbstractContextManager[Loop]]) -> Iterator[Loop]:
    """A fresh price loop for one test."""
    with new_loop() as made:
        yield made


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, artefact: Path) -> list[Tables]:
    """The tables after one and after two rounds of the shop that nothing disturbed."""
    made = Loop(tmp_path_factory.mktemp("undisturbed"), artefact)
    after = []
    with made.cloud:
        for number in range(2):
            made.round(made.events(number))
            after.append(made.tables())
    return after
