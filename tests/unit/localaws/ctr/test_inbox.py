"""Every reader gets every message, each once, also those that come as the cloud ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from localaws import cli
from localaws.ctr import inbox as module
from localaws.ctr.inbox import Inbox, messages_as_they_come, tail_messages
from localaws.errors import LocalCloudError
from localaws.state import RunningCloud, StateFolder

Make = Callable[..., dict[str, Any]]
RUNNER = CliRunner()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    """A cloud of click-through rates that runs; what it sent is collected at once."""
    monkeypatch.setenv("CLICKSTREAM_HOME", str(tmp_path))
    monkeypatch.setattr(module, "wait_until_collected", lambda _: None)
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.01)
    folder = StateFolder(tmp_path)
    folder.claim()
    folder.save(_cloud())
    return folder


def _cloud(job: str = "ctr_anomalies", run_id: str = "r") -> RunningCloud:
    return RunningCloud(run_id, "now", "http://a", None, "s", 2, job=job)


def _send(state: StateFolder, *messages: dict[str, Any]) -> None:
    with state.alerts_file.open("a") as file:
        file.writelines(json.dumps(message) + "\n" for message in messages)


def test_a_message_is_given_once_and_whole(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "alerts.jsonl")
    assert inbox.new() == []
    (tmp_path / "alerts.jsonl").write_text('{"n": 1}\n{"n"')
    assert inbox.new() == [{"n": 1}]
    with (tmp_path / "alerts.jsonl").open("a") as file:
        file.write(': 2}\n{"n": 3}\n')
    assert inbox.new() == [{"n": 2}, {"n": 3}]
    assert inbox.new() == []


def test_two_readers_get_the_same(state: StateFolder, message: Make) -> None:
    sent = [message(), message(message_id="2")]
    _send(state, *sent)
    for _ in range(2):
        assert list(tail_messages(state, follow=False)) == sent


def test_the_last_messages_come_after_the_cloud_has_cleaned_up(
    state: StateFolder, message: Make
) -> None:
    _send(state, message())
    found = tail_messages(state, follow=True)
    assert next(found) == message()
    last = message(message_id="last")
    _send(state, last)
    state.clean()
    assert list(found) == [last]


def test_the_messages_of_the_next_cloud_are_not_of_this_one(
    state: StateFolder, message: Make
) -> None:
    _send(state, message())
    found = tail_messages(state, follow=True)
    assert next(found) == message()
    state.save(_cloud(run_id="next"))
    assert list(found) == []


def test_a_look_follows_the_end(tmp_path: Path, message: Make) -> None:
    path = tmp_path / "alerts.jsonl"

    def ends() -> bool:
        path.write_text(json.dumps(message()) + "\n")
        return False

    assert list(messages_as_they_come(Inbox(path), ends)) == [message()]


def test_a_cloud_of_any_job_has_messages(state: StateFolder, message: Make) -> None:
    state.save(_cloud(job="click_sessions"))
    _send(state, message())
    assert list(tail_messages(state, follow=False)) == [message()]


def test_without_a_cloud_the_error_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="start one with `clickstream up`"):
        tail_messages(StateFolder(tmp_path / "none"), follow=False)


def test_the_command_prints_lines_or_json_lines(state: StateFolder, message: Make) -> None:
    _send(state, message())
    text = RUNNER.invoke(cli.app, ["alerts", "tail", "--no-follow"]).output
    assert text.splitlines()[1:] == ["    CTR 400 %", "    expected 100 %"]
    output = RUNNER.invoke(cli.app, ["alerts", "tail", "--no-follow", "--json"]).output
    assert [json.loads(line) for line in output.splitlines()] == [message()]


def test_the_command_ends_with_the_cloud(
    state: StateFolder, message: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends as soon as the command has found it; what was sent is printed all the same."""
    expect_running = StateFolder.expect_running

    def found_and_gone(folder: StateFolder) -> RunningCloud:
        running = expect_running(folder)
        folder.clean()
        return running

    monkeypatch.setattr(StateFolder, "expect_running", found_and_gone)
    _send(state, message())
    result = RUNNER.invoke(cli.app, ["alerts", "tail", "--json"])
    assert (result.exit_code, json.loads(result.output)) == (0, message())
