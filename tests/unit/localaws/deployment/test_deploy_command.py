"""The commands `deploy` and `destroy`: what they ask, and that a no leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from localaws import cli
from localaws.deployment import destroying, opening
from localaws.deployment.changes import Change
from localaws.deployment.deploying import Proposal

RUNNER = CliRunner()
CHANGES = [Change("modify", "ClickSessionsJob", "AWS::Glue::Job", "click_sessions")]


class Deployment:
    """A deployment that notes what is done with it."""

    def __init__(self, changes: list[Change]) -> None:
        self.changes = changes
        self.stack = SimpleNamespace(name="clickstream")
        self.done: list[str] = []

    def propose(self, root: Path, change_set: str, *, upload: bool) -> Proposal:
        self.done.append(f"proposed, upload {upload}")
        return Proposal(change_set, self.changes, [], ["click_sessions"], [])

    def execute(self, proposal: Proposal, progress: Any) -> str:
        self.done.append("executed")
        return "UPDATE_COMPLETE"

    def discard(self, proposal: Proposal) -> None:
        self.done.append("discarded")


def run(
    monkeypatch: pytest.MonkeyPatch, *arguments: str, said: str = "", changes: Any = CHANGES
) -> tuple[list[str], str]:
    deployment = Deployment(changes)
    monkeypatch.setattr(opening, "open_deployment", lambda *_: deployment)
    result = RUNNER.invoke(cli.app, ["deploy", *arguments], input=said)
    assert result.exit_code == 0, result.output
    return deployment.done, result.stdout


@pytest.mark.parametrize(
    ("arguments", "said", "done"),
    [
        ([], "y\n", ["proposed, upload True", "executed"]),
        ([], "n\n", ["proposed, upload True", "discarded"]),
        ([], "", ["proposed, upload True", "discarded"]),
        (["--yes"], "", ["proposed, upload True", "executed"]),
        (["--dry-run"], "", ["proposed, upload False", "discarded"]),
        (["--dry-run", "--yes"], "", ["proposed, upload False", "discarded"]),
    ],
    ids=["yes", "no", "nobody-there", "unasked", "dry-run", "dry-run-and-yes"],
)
def test_nothing_is_done_that_nobody_wanted(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str, done: list[str]
) -> None:
    assert run(monkeypatch, *arguments, said=said)[0] == done


def test_without_changes_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    done, printed = run(monkeypatch, changes=[])
    assert done == ["proposed, upload True"]
    assert "nothing changes" in printed


def test_the_change_set_is_one_json_object(monkeypatch: pytest.MonkeyPatch) -> None:
    _, printed = run(monkeypatch, "--dry-run", "--json")
    assert json.loads(printed)["restarts"] == ["click_sessions"]


class Destroyed:
    """A destruction that notes what is done with it."""

    done: list[str]

    def __init__(self, *_: Any) -> None:
        Destroyed.done = []

    def plan(self, *, delete_data: bool) -> list[str]:
        return [f"data goes: {delete_data}"]

    def run(self, progress: Any, *, delete_data: bool) -> None:
        Destroyed.done.append(f"destroyed, data {delete_data}")


@pytest.mark.parametrize(
    ("arguments", "said", "done", "code"),
    [
        ([], "local\n", ["destroyed, data False"], 0),
        ([], "yes\n", [], 1),
        ([], "\n", [], 1),
        (["--delete-data"], "local\n", ["destroyed, data True"], 0),
        (["--confirm", "local"], "", ["destroyed, data False"], 0),
        (["--confirm", "production"], "local\n", [], 1),
    ],
    ids=["its-name", "another-word", "nothing", "with-data", "named-before", "wrong-name-before"],
)
def test_a_deployment_is_destroyed_by_its_name_alone(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str, done: list[str], code: int
) -> None:
    environment = SimpleNamespace(stack="clickstream")
    monkeypatch.setattr(opening, "open_environment", lambda _: (environment, {}))
    monkeypatch.setattr(destroying, "Destruction", Destroyed)
    result = RUNNER.invoke(cli.app, ["destroy", "--env", "local", *arguments], input=said)
    assert (Destroyed.done, result.exit_code) == (done, code)


@pytest.mark.parametrize(
    "command", ["deploy", "destroy", "rollout status", "rollout start", "costs"]
)
def test_the_commands_have_help(command: str) -> None:
    assert RUNNER.invoke(cli.app, [*command.split(), "--help"]).exit_code == 0
