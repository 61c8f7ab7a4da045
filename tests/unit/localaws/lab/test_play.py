"""The lab is judged by the settings of the cloud that it is played into."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from localaws import cli
from localaws.errors import LocalCloudError
from localaws.lab import play
from localaws.lab.play import check_start, read_up_to
from localaws.sessions.settings import SessionSettings
from localaws.state import RunningCloud, StateFolder

RUNNER = CliRunner()
START = 1_767_225_600_000


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


def test_the_stream_is_read_up_to_the_greatest_mark_of_the_session_job() -> None:
    batches: list[dict[str, Any]] = [
        {"job": "click_sessions", "high_water_mark": 5_000},
        {"job": "click_sessions", "high_water_mark": 3_000},
        {"job": "click_sessions"},
        {"job": "price_candidates", "high_water_mark": 9_000},
    ]
    assert read_up_to(batches) == 5_000
    assert read_up_to(batches[2:]) is None


def test_a_lab_may_start_as_far_back_as_lateness_and_history_reach() -> None:
    settings = SessionSettings(lateness="1 minute", history="2 minutes")
    check_start(START, None, settings)
    check_start(START, START + 180_000, settings)
    with pytest.raises(LocalCloudError, match="first event would be of 2026-01-01T00:00:00Z, but"):
        check_start(START, START + 180_001, settings)


def test_a_second_lab_in_the_same_cloud_is_told_what_to_do(
    state: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(state)
    batch = {"job": "click_sessions", "high_water_mark": round(time.time() * 1_000)}
    monkeypatch.setattr(play, "read_sessions", lambda _: [])
    monkeypatch.setattr(play, "scan", lambda *_: [batch])
    result = RUNNER.invoke(cli.app, ["lab", "sessions"])
    assert isinstance(result.exception, LocalCloudError)
    for remedy in ("Fewer --events", "a lower --speed", "up --history", "end that cloud"):
        assert remedy in str(result.exception)


@pytest.mark.parametrize("option", ["--users", "--events", "--every", "--speed", "--interval"])
def test_options_that_cannot_be_are_refused(option: str) -> None:
    result = RUNNER.invoke(cli.app, ["lab", "sessions", option, "0"])
    assert result.exit_code == 2
    assert option in result.output


def test_help_says_what_the_lab_is() -> None:
    assert "Kinesis Data Analytics" in RUNNER.invoke(cli.app, ["lab", "sessions", "--help"]).output
