"""The local cloud for tests: bare (APIs and mappings alone), or whole with the deployed stack."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localaws.clients import Clients
from localaws.emulator import start_emulator, wait_until_healthy
from localaws.environment import aws_environment, free_port
from localaws.mappings.driver import MappingDriver
from localaws.mappings.idle import wait_until_idle
from localaws.processes import Supervisor
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
