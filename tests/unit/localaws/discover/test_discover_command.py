"""`clickstream discover`: what is printed, and where it looks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from localaws import cli, sampling
from localaws.clients import clients_of
from localaws.discovery import Sampled
from localaws.errors import LocalCloudError
from localaws.state import RunningCloud, StateFolder

RUNNER = CliRunner()
RECORDS: tuple[Any, ...] = (
    b'{"userId": "u[1]", "ts": 1767225600}',
    b'{"ts": 1767225601, "a b": 1}',
    b"{",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    monkeypatch.setenv("CLICKSTREAM_HOME", str(tmp_path))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return StateFolder(tmp_path)


@pytest.fixture
def _stream(home: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running cloud with a stream of three records."""
    home.save(RunningCloud("r", "now", "http://a", None, "s", 2))
    sample = sampling.Sample("arn:s", [Sampled(f"s/{n}", data) for n, data in enumerate(RECORDS)])
    monkeypatch.setattr(sampling, "sample_stream", lambda *_: sample)


@pytest.mark.usefixtures("_stream")
def test_people_see_columns_the_time_and_what_could_not_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = RUNNER.invoke(cli.app, ["discover", "s"]).output
    assert "s: 2 of 3 records are JSON objects" in text
    assert "bigint" in text
    assert '"u[1]"' in text
    assert "* the time of the event: ts" in text
    assert "userid arrives as userId" in text
    assert "1 records are not JSON, the first s/2" in text
    assert "no column can have this name: 'a b'" in text


@pytest.mark.usefixtures("_stream")
def test_the_json_is_the_table_input_alone() -> None:
    result = RUNNER.invoke(cli.app, ["discover", "s", "--table", "Clicks-2", "--json"])
    found = json.loads(result.stdout)
    assert found["Name"] == "clicks_2"
    assert [c["Name"] for c in found["StorageDescriptor"]["Columns"]] == ["ts", "userid"]
    assert "not JSON" in result.stderr


def test_without_a_cloud_and_an_endpoint_there_is_an_error(home: StateFolder) -> None:
    result = RUNNER.invoke(cli.app, ["discover", "s"])
    assert isinstance(result.exception, LocalCloudError)
    assert "no cloud runs" in str(result.exception)


def test_the_endpoint_of_the_environment_comes_before_the_running_cloud(
    home: StateFolder,
) -> None:
    home.save(RunningCloud("r", "now", "http://a", None, "s", 2))
    assert clients_of(home, {}).endpoint == "http://a"
    assert clients_of(home, {"AWS_ENDPOINT_URL": "http://b"}).endpoint == "http://b"


@pytest.mark.parametrize("sample", ["0", "10001"])
def test_a_sample_has_limits(sample: str) -> None:
    assert RUNNER.invoke(cli.app, ["discover", "s", "--sample", sample]).exit_code == 2
