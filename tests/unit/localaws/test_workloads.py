"""One cloud for every job: the model is there for prices alone, and a replay finds its job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from localaws import cli
from localaws.archive import ArchiveSettings
from localaws.cloud import Cloud, CloudOptions
from localaws.commands import up
from localaws.ctr.settings import CtrSettings
from localaws.errors import LocalCloudError
from localaws.replay import ReplayOptions, check_job, job_of
from localaws.sessions.settings import SessionSettings
from localaws.state import RunningCloud, StateFolder
from localaws.workloads import JobName

PRICES, CLICKS, RATES = "price_candidates", "click_sessions", "ctr_anomalies"
HISTORY = "click_archive"


class PartsCloud(Cloud):
    """Notes which parts it starts."""

    def __init__(self, state: StateFolder, options: CloudOptions) -> None:
        super().__init__(state, options)
        self.parts: set[str] = set()

    def _start_apis(self) -> None:
        self.parts.add("apis")

    def _start_model(self) -> None:
        self.parts.add("model")


@pytest.mark.parametrize(
    ("job", "parts"),
    [(PRICES, {"apis", "model"}), (CLICKS, {"apis"}), (RATES, {"apis"}), (HISTORY, {"apis"})],
)
def test_the_model_is_served_for_the_price_loop_alone(
    tmp_path: Path, job: JobName, parts: set[str]
) -> None:
    state = StateFolder(tmp_path)
    parameters = {"SessionGap": "1 hour"}
    with PartsCloud(state, CloudOptions(job=job, parameters=parameters)) as cloud:
        running = state.running()
        assert cloud.parts == parts
        assert running is not None
        assert (running.job, running.parameters) == (job, parameters)
        assert (running.model_endpoint is not None) == ("model" in parts)


def _running(**changes: Any) -> RunningCloud:
    values = {"processes": {"job-click_sessions": 1}, "job": CLICKS, **changes}
    return RunningCloud("r", "now", "http://a", None, "s", 10, **values)


def test_a_running_cloud_with_the_job_is_taken() -> None:
    check_job(_running(), "click_sessions")


def test_a_cloud_that_runs_another_job_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(LocalCloudError, match="runs the job price_candidates, not click_sessions"):
        check_job(_running(job=PRICES), "click_sessions")


def test_a_cloud_without_a_job_yet_is_an_error() -> None:
    with pytest.raises(LocalCloudError, match="no job yet; wait until it is up"):
        check_job(_running(processes={"emulator": 1}), "click_sessions")


@pytest.mark.parametrize(
    ("asked", "runs", "job"),
    [
        (None, None, PRICES),
        (None, CLICKS, CLICKS),
        (CLICKS, None, CLICKS),
        (PRICES, CLICKS, PRICES),  # which `check_job` refuses
    ],
)
def test_a_replay_goes_through_the_running_clouds_job_unless_another_is_asked_for(
    tmp_path: Path, asked: JobName | None, runs: JobName | None, job: JobName
) -> None:
    state = StateFolder(tmp_path)
    if runs is not None:
        state.claim()
        state.save(_running(job=runs))
    assert job_of(asked, state) == job


@pytest.mark.parametrize(
    ("arguments", "seconds", "parameters"),
    [
        ([], 100, {}),
        (["--job", CLICKS], 10, {"SessionWindow": "10 seconds", "SessionHistory": "0 seconds"}),
        (
            ["--job", CLICKS, "--window", "3", "--history", "2 days"],
            3,
            {"SessionWindow": "3 seconds", "SessionHistory": "2 days"},
        ),
        (
            ["--job", RATES, "--profile", "lab", "--cool-down", "90"],
            10,
            {"CtrProfile": "lab", "CtrLateness": "0 seconds", "CtrCoolDownSeconds": "90"},
        ),
        (["--job", RATES, "--allowed-lateness", "1 minute"], 10, {"CtrLateness": "1 minute"}),
        (
            ["--job", HISTORY, "--horizon", "2 hours"],
            10,
            {"ArchiveWindow": "10 seconds", "DuplicateHorizon": "2 hours"},
        ),
    ],
    ids=["prices", "sessions", "asked for", "rates as in the lab", "rates", "history"],
)
def test_up_has_the_window_of_its_job_unless_one_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    seconds: int,
    parameters: dict[str, str],
) -> None:
    kept: list[CloudOptions] = []
    monkeypatch.setattr(up, "_keep_up", kept.append)
    assert CliRunner().invoke(cli.app, ["up", *arguments]).exit_code == 0
    (options,) = kept
    assert options.window_seconds == seconds
    assert options.parameters.items() >= parameters.items()
    assert bool(options.parameters) == bool(parameters)


def test_a_cloud_for_a_replay_is_set_for_its_job() -> None:
    sessions = SessionSettings("10 seconds", "lab")
    options = ReplayOptions(speed=1, window_seconds=2, job="click_sessions", sessions=sessions)
    assert options.cloud() == CloudOptions(
        window_seconds=2, run_job=True, job="click_sessions", parameters=sessions.parameters(2)
    )
    assert ReplayOptions(window_seconds=2).cloud() == CloudOptions(window_seconds=2)
    rates = CtrSettings("lab")
    assert ReplayOptions(window_seconds=2, job="ctr_anomalies", ctr=rates).cloud() == CloudOptions(
        window_seconds=2, job="ctr_anomalies", parameters=rates.parameters(2)
    )
    history = ArchiveSettings("5 minutes")
    options = ReplayOptions(window_seconds=2, job="click_archive", archive=history)
    assert options.cloud() == CloudOptions(
        window_seconds=2, job="click_archive", parameters=history.parameters(2)
    )


@pytest.mark.parametrize("command", ["up", "replay"])
def test_a_job_that_there_is_not_is_an_error_that_names_those_there_are(command: str) -> None:
    file = [] if command == "up" else ["file"]
    result = CliRunner().invoke(cli.app, [command, *file, "--job", "clicks"])
    assert result.exit_code == 2
    assert all(f"'{job}'" in result.output for job in (PRICES, CLICKS, RATES, HISTORY))


def test_a_gap_that_is_none_is_an_error_before_anything_starts() -> None:
    result = CliRunner().invoke(cli.app, ["up", "--job", "click_sessions", "--gap", "soon"])
    assert isinstance(result.exception, LocalCloudError)
    assert "gap: found 'soon'" in str(result.exception)
