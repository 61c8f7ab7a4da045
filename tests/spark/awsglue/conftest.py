"""A GlueContext on the shared session, and the emulator that its connectors call."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from pyspark.sql import SparkSession

from localaws.clients import Clients
from localaws.emulator import start_emulator, wait_until_healthy
from localaws.environment import aws_environment, free_port
from localaws.processes import Supervisor


@pytest.fixture
def glue(spark: SparkSession) -> GlueContext:
    """A GlueContext, as a script makes it."""
    return GlueContext(spark.sparkContext)


@pytest.fixture
def frame_of(glue: GlueContext) -> Callable[[list[dict[str, Any]]], DynamicFrame]:
    """Makes a DynamicFrame of dicts that may differ in their fields."""

    def make(records: list[dict[str, Any]]) -> DynamicFrame:
        data = glue.spark_session.sparkContext.parallelize(records, 1)
        return glue.create_dynamic_frame.from_rdd(data, "frame")

    return make


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Endpoint of a running emulator of the AWS APIs."""
    work: Path = tmp_path_factory.mktemp("emulator")
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = aws_environment(endpoint, endpoint, os.environ)
    supervisor = Supervisor(f"tests-{uuid.uuid4().hex}", work, environment)
    try:
        wait_until_healthy(start_emulator(supervisor, work, port), endpoint)
        yield endpoint
    finally:
        assert supervisor.close() == 0


@pytest.fixture
def cloud(emulator: str, monkeypatch: pytest.MonkeyPatch) -> Clients:
    """boto3 clients of the emulator, which this process's own look-ups find as well."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return Clients(emulator)
