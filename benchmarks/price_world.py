"""The AWS APIs that a price benchmark needs: an emulator of its own, with tables and catalog."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from catalog.price_loop import PRICE_CANDIDATES
from catalog.registry import DATABASE, TABLES
from catalog.streams import CLICKSTREAM
from catalog.tables import DynamoTable
from localaws.clients import Clients
from localaws.emulator import wait_until_healthy
from localaws.environment import ACCOUNT, REGION, aws_environment, free_port
from localaws.processes import MARK, Child, Supervisor
from localaws.tables import scan

# What a candidate says of arrivals and stream positions, which files have none of.
OF_THE_STREAM: Final = frozenset({"last_arrival_at", "expires_at", "position_hash"})
Candidates = dict[tuple[str, str], dict[str, Any]]


@dataclass(frozen=True)
class World:
    """A running emulator with empty tables; `run_id` marks every process that belongs to it."""

    clients: Clients
    run_id: str
    emulator_pid: int

    def environment(self, kinesis: str = "") -> Mapping[str, str]:
        """What a process needs to find it; `kinesis` is another endpoint for Kinesis."""
        own = {MARK: self.run_id, "AWS_ENDPOINT_URL_DYNAMODB": self.clients.endpoint}
        other = {"AWS_ENDPOINT_URL_KINESIS": kinesis} if kinesis else {}
        return aws_environment(self.clients.endpoint, self.clients.endpoint) | own | other

    def candidates(self) -> Candidates:
        """All candidates by key, without what only a stream knows."""
        return {
            (item["product_id"], item["candidate_id"]): {
                name: value for name, value in item.items() if name not in OF_THE_STREAM
            }
            for item in scan(self.clients, PRICE_CANDIDATES.name)
        }

    def empty(self, *tables: DynamoTable) -> None:
        """Make the tables anew."""
        for table in tables:
            self.clients["dynamodb"].delete_table(TableName=table.name)
            self._create(table)

    def create_all(self) -> None:
        """Every table of the catalog, in DynamoDB and in the Data Catalog, and the stream's."""
        glue = self.clients["glue"]
        glue.create_database(DatabaseInput={"Name": DATABASE})
        stream_arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{CLICKSTREAM.name}"
        glue.create_table(DatabaseName=DATABASE, TableInput=CLICKSTREAM.to_table_input(stream_arn))
        for table in TABLES:
            self._create(table)
            arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table.name}"
            glue.create_table(DatabaseName=DATABASE, TableInput=table.to_table_input(arn))

    def _create(self, table: DynamoTable) -> None:
        indexes = [
            {
                "IndexName": index.name,
                "KeySchema": table.key_schema(index.name),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in table.indexes
        ]
        view = table.stream_view
        stream = {"StreamEnabled": True, "StreamViewType": view} if view else None
        self.clients["dynamodb"].create_table(
            TableName=table.name,
            KeySchema=table.key_schema(),
            AttributeDefinitions=table.attribute_definitions(),
            BillingMode="PAY_PER_REQUEST",
            **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
            **({"StreamSpecification": stream} if stream else {}),
        )


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """An emulator with all tables, whose log and files lie in `folder`; ended with all it started.

    Raises:
        RuntimeError: processes are left.
    """
    folder.mkdir()
    run_id = f"bench-{uuid.uuid4().hex}"
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    supervisor = Supervisor(run_id, folder, aws_environment(endpoint, endpoint, os.environ))
    try:
        child = _start_emulator(supervisor, folder, port)
        wait_until_healthy(child, endpoint)
        found = World(Clients(endpoint), run_id, child.process.pid)
        found.create_all()
        yield found
    finally:
        left = supervisor.close()
    if left:
        raise RuntimeError(f"benchmark: {left} processes of run {run_id} are left")


def _start_emulator(supervisor: Supervisor, folder: Path, port: int) -> Child:
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "PERSIST_STATE": "0",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(folder),
    }
    command = [sys.executable, "-m", "benchmarks.metered_emulator"]
    return supervisor.start("emulator", command, settings, cwd=folder)
