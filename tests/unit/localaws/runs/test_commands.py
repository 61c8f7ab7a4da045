"""`clickstream jobs` and `clickstream scheduler`: what they print, and errors of one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from localaws import cli
from localaws.errors import LocalCloudError
from localaws.runs.record import RunRecord
from localaws.runs.runner import Runner
from localaws.runs.store import RunStore
from localaws.state import RunningCloud, StateFolder

RUNNER = CliRunner()
BASE = RunRecord(
    run_id="jr_0123456789abcdef",
    job="lake_maintenance",
    mark="m",
    state="SUCCEEDED",
    started_at="2026-03-01T00:30:00.000Z",
    ended_at="2026-03-01T00:30:12.500Z",
    trigger="lake_maintenance",
)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    monkeypatch.setenv("CLICKSTREAM_HOME", str(tmp_path))
    return StateFolder(tmp_path)


def _keep(folder: StateFolder, **changes: Any) -> None:
    RunStore(folder.runs).claim(replace(BASE, **changes), 9)


@pytest.mark.parametrize(
    "command",
    ["scheduler", *(f"jobs {name}" for name in ("list", "run", "history", "logs", "stop"))],
)
def test_every_command_has_help(command: str) -> None:
    assert RUNNER.invoke(cli.app, [*command.split(), "--help"]).exit_code == 0


def test_the_history_is_a_line_a_run_and_the_error_beneath(state: StateFolder) -> None:
    _keep(state)
    later = {"run_id": "jr_ff", "started_at": "2026-03-01T01:30:00.000Z", "ended_at": None}
    _keep(state, **later, state="FAILED", attempt=1, trigger=None, error="no table x")
    lines = RUNNER.invoke(cli.app, ["jobs", "history"]).output.splitlines()
    assert [" ".join(line.split()[:5]) for line in lines] == [
        "run started job state took",
        "jr_ff 2026-03-01 01:30:00 lake_maintenance FAILED",
        "no table x",
        "jr_01234567 2026-03-01 00:30:00 lake_maintenance SUCCEEDED",
    ]
    assert lines[3].split()[5:] == ["12.5", "s", "1", "lake_maintenance"]


def test_the_history_of_a_job_is_json_with_all_that_glue_says_of_a_run(state: StateFolder) -> None:
    _keep(state, arguments={"--day": "1"})
    _keep(state, run_id="jr_ff", job="other")
    (run,) = json.loads(
        RUNNER.invoke(cli.app, ["jobs", "history", "lake_maintenance", "--json"]).output
    )
    assert run == {
        "run_id": "jr_0123456789abcdef",
        "job": "lake_maintenance",
        "state": "SUCCEEDED",
        "attempt": 0,
        "started_at": "2026-03-01T00:30:00.000Z",
        "ended_at": "2026-03-01T00:30:12.500Z",
        "trigger": "lake_maintenance",
        "scheduled_for": None,
        "error": None,
        "log": "",
        "seconds": 12.5,
        "arguments": {"--day": "1"},
    }


def test_the_log_of_a_run_is_printed(state: StateFolder, tmp_path: Path) -> None:
    (tmp_path / "job.log").write_text("one\ntwo")
    _keep(state, log=str(tmp_path / "job.log"))
    assert RUNNER.invoke(cli.app, ["jobs", "logs", "jr_01"]).output == "one\ntwo\n"
    (tmp_path / "job.log").unlink()
    error = RUNNER.invoke(cli.app, ["jobs", "logs", "jr_01"]).exception
    assert isinstance(error, LocalCloudError)
    assert str(error).endswith("is gone, with its cloud's")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["jobs", "list"], "no cloud runs from"),
        (["jobs", "run", "j"], "no cloud runs from"),
        (["jobs", "run", "j", "--arg", "day"], "--arg: found 'day'; allowed is key=value"),
        (["jobs", "stop", "jr_01"], "has ended already, as SUCCEEDED"),
        (["scheduler"], "no cloud runs from"),
        (["scheduler", "--from", "2026-03-01"], "give --speed with it"),
        (["scheduler", "--speed", "60", "--from", "noon"], "--from: found 'noon'; allowed is ISO"),
        (["scheduler", "--for", "1 hour", "--until", "2026-03-01"], "give one of them"),
        (["scheduler", "--for", "long"], "--for: found 'long'; allowed are durations"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_starts(
    state: StateFolder, arguments: list[str], message: str
) -> None:
    _keep(state)
    error = RUNNER.invoke(cli.app, arguments).exception
    assert isinstance(error, LocalCloudError)
    assert message in str(error)


def test_a_run_does_not_outlive_its_cloud(state: StateFolder) -> None:
    state.path.mkdir(exist_ok=True)
    state.save(RunningCloud("r", "now", "http://127.0.0.1:9", None, "s", 2))
    with Runner(state) as runner:
        runner.check_cloud()
        state.save(RunningCloud("another", "now", "http://127.0.0.1:9", None, "s", 2))
        with pytest.raises(LocalCloudError, match="the cloud ended, and the runs"):
            runner.check_cloud()
