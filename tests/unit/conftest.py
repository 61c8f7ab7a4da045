"""The emulator of the AWS APIs, one process a test session, for tests that rest on an engine."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from localaws.clients import Clients
from localaws.emulator import start_emulator, wait_until_healthy
from localaws.environment import aws_environment, free_port
from localaws.processes import Supervisor


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """boto3 clients of a running emulator."""
    work: Path = tmp_path_factory.mktemp("emulator")
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = aws_environment(endpoint, endpoint, os.environ)
    supervisor = Supervisor(f"tests-{uuid.uuid4().hex}", work, environment)
    try:
        wait_until_healthy(start_emulator(supervisor, work, port), endpoint)
        yield Clients(endpoint)
    finally:
        assert supervisor.close() == 0
