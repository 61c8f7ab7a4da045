"""The lab is judged by the settings of the cloud that it is played into."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from localaws import cli
from localaws.errors import LocalCloudError
from localaws.sessions.settings import SessionSettings
from localaws.state import RunningCloud, StateFolder

RUNNER = CliRunner()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    monkeypatch.setenv("CLICKSTREAM_HOME", str(tmp_path))
    folder = StateFolder(tmp_path)
    folder.claim()
    return folder


def _run(state: StateFolder, job: str = "click_sessions", mode: str = "lab") -> None:
    parameters = SessionSettings("30 minutes", mode).parameters(2)
    processes = {f"job-{job}": 1}
    cloud = RunningCloud("r", "now", "http://a", None, "s", 2, processes=processes, job=job)
    state.save(RunningCloud(**{**vars(cloud), "parameters": parameters}))


@pytest.mark.parametrize(
    ("job", "mode", "options", "problem"),
    [
        ("price_candidates", "lab", [], "runs the job price_candidates, not click_sessions"),
        ("click_sessions", "closed", [], "mode is closed, which never gives the last sessions"),
        ("click_sessions", "lab", ["--gap", "1 hour"], "the running cloud's is '30 minutes'"),
        ("click_sessions", "lab", ["--gap", "soon"], "gap: found 'soon'; allowed are durations"),
    ],
    ids=["another job", "mode", "another gap", "no gap"],
)
def test_a_cloud_that_is_set_for_something_else_is_an_error(
    state: StateFolder, job: str, mode: str, options: list[str], problem: str
) -> None:
    _run(state, job, mode)
    result = RUNNER.invoke(cli.app, ["lab", "sessions", *options])
    assert isinstance(result.exception, LocalCloudError)
    assert problem in str(result.exception)


@pytest.mark.parametrize("option", ["--users", "--events", "--every", "--speed", "--interval"])
def test_options_that_cannot_be_are_refused(option: str) -> None:
    result = RUNNER.invoke(cli.app, ["lab", "sessions", option, "0"])
    assert result.exit_code == 2
    assert option in result.output


def test_help_says_what_the_lab_is() -> None:
    assert "Kinesis Data Analytics" in RUNNER.invoke(cli.app, ["lab", "sessions", "--help"]).output
