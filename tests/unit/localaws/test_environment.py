"""Nothing of the caller's reaches a real account; ports stay ours; clients are made once."""

from __future__ import annotations

import os
import socket
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localaws.clients import Clients
from localaws.environment import aws_environment
from localaws.errors import LocalCloudError
from localaws.ports import ReservedPort, start_on_port
from localaws.processes import Child, Supervisor

LISTENER = (
    "import socket, sys; s = socket.socket(); s.bind(('127.0.0.1', int(sys.argv[1])));"
    " print('bound', flush=True)"
)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(uuid.uuid4().hex, tmp_path, os.environ)
    yield made
    assert made.close() == 0


def test_nothing_of_the_callers_aws_settings_is_inherited() -> None:
    foreign = {
        "AWS_ENDPOINT_URL": "https://real",
        "AWS_ENDPOINT_URL_DYNAMODB": "https://real",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_PROFILE": "real",
        "AWS_DEFAULT_PROFILE": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ROLE_ARN": "real",
        "AWS_CONFIG_FILE": "/real",
        "AWS_SHARED_CREDENTIALS_FILE": "/real",
        "AWS_ACCESS_KEY_ID": "real",
    }
    made = aws_environment("http://apis", "http://model", {**foreign, "HOME": "/home/me"})
    assert {key: value for key, value in made.items() if key.startswith("AWS_")} == {
        "AWS_ENDPOINT_URL": "http://apis",
        "AWS_ENDPOINT_URL_SAGEMAKER": "http://model",
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": "http://model",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    assert made["HOME"] == "/home/me"


def test_a_client_is_made_once_however_many_threads_ask() -> None:
    clients = Clients("http://127.0.0.1:9")
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: clients["sqs"], range(16)))
    assert len({id(client) for client in made}) == 1


def test_a_reserved_port_is_given_to_nobody_else() -> None:
    port = ReservedPort()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port.number))
    port.release()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port.number))


def test_a_start_is_tried_again_when_the_port_was_taken_meanwhile(supervisor: Supervisor) -> None:
    port = ReservedPort()
    thief = socket.socket()

    def start() -> Child:
        if supervisor.pids() or thief.fileno() == -1:
            raise AssertionError("started a third time")
        command = [sys.executable, "-c", LISTENER, str(port.number)]
        if not (supervisor.logs / "listener.log").exists():
            thief.bind(("127.0.0.1", port.number))
            child = supervisor.start("listener", command)
            child.wait(20)
            return child
        thief.close()
        return supervisor.start("listener", command)

    assert start_on_port(port, start, _must_succeed).log_tail(1) == "bound"


def test_a_start_that_failed_otherwise_is_not_tried_again(supervisor: Supervisor) -> None:
    starts: list[Child] = []

    def start() -> Child:
        starts.append(supervisor.start("listener", [sys.executable, "-c", "raise SystemExit(3)"]))
        return starts[-1]

    with pytest.raises(LocalCloudError, match="ended with 3"):
        start_on_port(ReservedPort(), start, _must_succeed)
    assert len(starts) == 1


def _must_succeed(child: Child) -> None:
    assert child.wait(20)
    if child.process.returncode:
        raise LocalCloudError(f"ended with {child.process.returncode}")
