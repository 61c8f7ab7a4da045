"""`clickstream sessions`: what is printed, and errors when no cloud runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from typer.testing import CliRunner

from localaws import cli
from localaws.clients import Clients
from localaws.errors import LocalCloudError
from localaws.sessions import rows, tail
from localaws.state import RunningCloud, StateFolder

Make = Callable[..., dict[str, Any]]
RUNNER = CliRunner()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    """The folder that the commands look into; nothing runs from it."""
    monkeypatch.setenv("CLICKSTREAM_HOME", str(tmp_path))
    return StateFolder(tmp_path)


@pytest.fixture
def cloud(
    home: StateFolder, monkeypatch: pytest.MonkeyPatch, opened: Make, closed: Make
) -> StateFolder:
    """A cloud that runs, with a closed session and an open one."""
    home.save(RunningCloud("r", "now", "http://a", None, "s", 2))
    found = [closed(), opened(user_id="u2", session_id="u2_desktop_10:00:00")]
    for module in (rows, tail):
        monkeypatch.setattr(module, "read_sessions", lambda _: found)
    return home


@pytest.mark.parametrize("command", [["tail"], ["top"], ["export", "none.csv"]])
def test_without_a_cloud_the_error_says_how_to_start_one(
    home: StateFolder, command: list[str]
) -> None:
    result = RUNNER.invoke(cli.app, ["sessions", *command])
    assert isinstance(result.exception, LocalCloudError)
    assert f"no cloud runs from {home.path}: start one with `clickstream up`" in str(
        result.exception
    )


def test_a_cloud_that_does_not_answer_is_an_error_that_names_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://a")

    monkeypatch.setattr(rows, "scan", silent)
    with pytest.raises(LocalCloudError, match="table sessions: cannot be read at http://a"):
        rows.read_sessions(Clients("http://a"))


@pytest.mark.usefixtures("cloud")
def test_tail_prints_a_line_a_row() -> None:
    result = RUNNER.invoke(cli.app, ["sessions", "tail", "--no-follow"])
    assert [line.split("  ")[1] for line in result.output.splitlines()] == ["closed", "open"]


@pytest.mark.usefixtures("cloud")
def test_tail_prints_json_lines() -> None:
    result = RUNNER.invoke(cli.app, ["sessions", "tail", "--no-follow", "--json"])
    found = [json.loads(line) for line in result.output.splitlines()]
    assert [row["user_id"] for row in found] == ["u1", "u2"]


@pytest.mark.usefixtures("cloud")
def test_ctrl_c_ends_a_tail_without_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tail, "read_sessions", interrupted)
    assert RUNNER.invoke(cli.app, ["sessions", "tail"]).exit_code == 0


@pytest.mark.usefixtures("cloud")
def test_top_prints_one_object_or_a_picture() -> None:
    found = json.loads(
        RUNNER.invoke(cli.app, ["sessions", "top", "--by", "device", "--json"]).output
    )
    assert [group["name"] for group in found["groups"]] == ["desktop", "mobile"]
    assert "2 sessions: 1 open, 1 closed" in RUNNER.invoke(cli.app, ["sessions", "top"]).output


@pytest.mark.usefixtures("cloud")
def test_what_sessions_cannot_be_grouped_by_is_refused() -> None:
    result = RUNNER.invoke(cli.app, ["sessions", "top", "--by", "weather"])
    assert result.exit_code == 2
    assert "entry_page" in result.output


def test_export_says_how_many_it_wrote(cloud: StateFolder) -> None:
    path = cloud.path / "sessions.jsonl"
    result = RUNNER.invoke(cli.app, ["sessions", "export", str(path)])
    assert result.output.replace("\n", "") == f"2 sessions written to {path}"
    assert len(path.read_text().splitlines()) == 2


def test_export_checks_its_file_before_it_looks_for_a_cloud(home: StateFolder) -> None:
    result = RUNNER.invoke(cli.app, ["sessions", "export", "sessions.xlsx"])
    assert "suffix '.xlsx' is not known" in str(result.exception)


@pytest.mark.parametrize("command", ["tail", "top", "export"])
def test_every_command_has_help(command: str) -> None:
    assert RUNNER.invoke(cli.app, ["sessions", command, "--help"]).exit_code == 0
