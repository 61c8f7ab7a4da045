"""The local cloud of these tests: MiniStack on a free port, with empty tables for each test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from catalog.registry import DATABASE, STREAMS, TABLES
from catalog.tables import DynamoTable

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import SparkSession

ACCOUNT = "000000000000"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)  # a port cannot be awaited otherwise
    raise RuntimeError(f"MiniStack does not listen on port {port}")


@pytest.fixture(scope="session")
def cloud(spark: SparkSession) -> Iterator[str]:
    """Endpoint of an emulator of its own, which driver and Python workers use."""
    port = _free_port()
    endpoint = f"http://127.0.0.1:{port}"
    settings = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    # The JVM may be older than this fixture, and workers inherit from it: so through Spark.
    spark.sparkContext.environment.update(settings)
    process = subprocess.Popen(
        [sys.executable, "-m", "ministack"],
        env={**os.environ, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        try:
            _await_port(port, process)
            _deploy_catalog()
            yield endpoint
        finally:
            process.terminate()
            process.wait(10)


def _deploy_catalog() -> None:
    glue = boto3.client("glue")
    glue.create_database(DatabaseInput={"Name": DATABASE})
    for stream in STREAMS:
        arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{stream.name}"
        glue.create_table(DatabaseName=DATABASE, TableInput=stream.to_table_input(arn))
    for table in TABLES:
        arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table.name}"
        glue.create_table(DatabaseName=DATABASE, TableInput=table.to_table_input(arn))


class Tables:
    """The DynamoDB tables of the catalog, as plain items."""

    def __init__(self) -> None:
        self._resource = boto3.resource("dynamodb")

    def create(self, table: DynamoTable) -> None:
        """Makes the table, empty."""
        indexes = [
            {
                "IndexName": index.name,
                "KeySchema": table.key_schema(index.name),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in table.indexes
        ]
        self._resource.create_table(
            TableName=table.name,
            KeySchema=table.key_schema(),
            AttributeDefinitions=table.attribute_definitions(),
            BillingMode="PAY_PER_REQUEST",
            **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
        )

    def delete(self, table: DynamoTable) -> None:
        """Drops the table."""
        self._resource.Table(table.name).delete()

    def put(self, table: DynamoTable, *items: dict[str, Any]) -> None:
        """Puts the items."""
        with self._resource.Table(table.name).batch_writer() as writer:
            for item in items:
                writer.put_item(Item=item)

    def remove(self, table: DynamoTable, *items: dict[str, Any]) -> None:
        """Deletes the items, there or not."""
        with self._resource.Table(table.name).batch_writer() as writer:
            for item in items:
                writer.delete_item(Key={key: item[key] for key in table.keys})

    def items(self, table: DynamoTable) -> list[dict[str, Any]]:
        """All items, by key."""
        answers = self._resource.meta.client.get_paginator("scan").paginate(TableName=table.name)
        found = [item for answer in answers for item in answer["Items"]]
        return sorted(found, key=lambda item: tuple(str(item[key]) for key in table.keys))


@pytest.fixture
def tables(cloud: str) -> Iterator[Tables]:
    """The tables of the catalog, empty."""
    tables = Tables()
    for table in TABLES:
        tables.create(table)
    yield tables
    for table in TABLES:
        tables.delete(table)


@pytest.fixture(scope="session")
def glue(spark: SparkSession, cloud: str) -> GlueContext:
    """The Glue context over the shared session."""
    from awsglue.context import GlueContext

    return GlueContext(spark.sparkContext)
