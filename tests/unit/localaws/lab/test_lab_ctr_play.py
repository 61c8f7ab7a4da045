"""The click-through-rate lab says whether its burst was found, and is set by the running cloud."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from localaws import cli
from localaws.accounting import Totals
from localaws.ctr.report import CtrReport
from localaws.ctr.rows import to_text
from localaws.ctr.settings import CtrSettings
from localaws.errors import LocalCloudError
from localaws.lab import ctr_play
from localaws.lab.ctr_play import CtrPlayOptions, check_start, judge
from localaws.lab.ctr_report import CtrLabReport
from localaws.state import RunningCloud, StateFolder

RUNNER = CliRunner()
START = 1_767_225_600_000
SITE = "www.example.com"
BURST = (START + 300_000, START + 320_000)


def _row(second: int, site: str = SITE, **changes: Any) -> dict[str, Any]:
    begin = START + second * 1_000
    counts = {"clicks": 40, "impressions": 10, "ctr_percent": 400, "is_anomaly": True}
    times = {"window_start": to_text(begin), "window_end": to_text(begin + 10_000)}
    return {"site": site, **times, **counts, **changes}


def _report(*rows: dict[str, Any], status: str = "resolved") -> CtrLabReport:
    end = {"status": status, "resolved_at": "then" if status == "resolved" else None}
    incident = {"site": SITE, "incident_id": "i", "direction": "up", "windows": 2, **end}
    messages = [{"site": SITE, "subject": "up"}, {"site": "other"}]
    totals = Totals(counted=9, candidates=9, batches=1)
    run = CtrReport(9, totals, rows, [incident, incident | {"site": "other"}], messages, 0)
    return judge(run, SITE, "default", BURST)


def _text(report: CtrLabReport) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        report.show(console)
    return capture.get()


def test_anomalies_in_the_burst_are_hits_and_others_false_alarms() -> None:
    rows = (_row(290), _row(300, is_anomaly=False), _row(310), _row(320), _row(310, "other"))
    report = _report(*rows)
    assert report.to_json()["burst"] == {
        "begin": "2026-01-01T00:05:00.000Z",
        "end": "2026-01-01T00:05:20.000Z",
        "found": True,
        "windows": ["2026-01-01T00:05:10.000Z"],
        "delay_seconds": 20.0,
    }
    assert report.to_json()["false_alarms"] == [
        "2026-01-01T00:04:50.000Z",
        "2026-01-01T00:05:20.000Z",
    ]
    assert len(report.run.incidents) == len(report.run.messages) == 1


@pytest.mark.parametrize(
    ("second", "evidence_seconds", "explained"),
    [(330, 30, True), (340, 30, False), (330, 20, False), (290, 30, False)],
)
def test_a_window_judged_by_a_longer_stretch_may_show_a_burst_before_it(
    second: int, evidence_seconds: int, explained: bool
) -> None:
    report = _report(_row(second, evidence_seconds=evidence_seconds))
    assert report.verdict.found == explained


def test_people_see_what_was_found() -> None:
    text = _text(_report(_row(300), _row(310)))
    assert "burst 00:05:00 to 00:05:20: found, 10 s of event time after it began" in text
    assert "false alarms: 0, in 2 windows" in text
    assert "still open" not in text


def test_people_see_what_was_not() -> None:
    text = _text(_report(_row(100), status="open"))
    assert "not found" in text
    assert "false alarms: 1" in text
    assert "an incident is still open" in text


def test_the_warm_up_is_what_the_profile_needs_unless_one_is_given() -> None:
    assert CtrPlayOptions().lab(CtrSettings()).warm_up == 360
    assert CtrPlayOptions().lab(CtrSettings("lab")).warm_up == 300
    assert CtrPlayOptions(warm_up=0).lab(CtrSettings("lab")).warm_up == 0


def test_usual_traffic_follows_until_an_incident_is_over() -> None:
    assert CtrPlayOptions().lab(CtrSettings()).after == 130
    assert CtrPlayOptions().lab(CtrSettings("lab", clear_after="2 minutes")).after == 180


def test_actions_may_begin_where_the_windows_are_open_still() -> None:
    settings = CtrSettings(lateness="10 seconds")
    check_start(START, None, settings)
    check_start(START, START + 10_000, settings)
    with pytest.raises(LocalCloudError, match=r"first action would be of .* At --speed 1"):
        check_start(START, START + 10_001, settings)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    monkeypatch.setenv("CLICKSTREAM_HOME", str(tmp_path))
    folder = StateFolder(tmp_path)
    folder.claim()
    return folder


def _run(state: StateFolder, job: str, profile: str = "lab") -> None:
    cloud = RunningCloud("r", "now", "http://a", None, "s", 2, processes={f"job-{job}": 1}, job=job)
    state.save(RunningCloud(**{**vars(cloud), "parameters": CtrSettings(profile).parameters(2)}))


@pytest.mark.parametrize(
    ("job", "options", "problem"),
    [
        ("click_sessions", [], "runs the job click_sessions, not ctr_anomalies"),
        ("ctr_anomalies", ["--profile", "default"], "the running cloud's is 'lab'"),
    ],
)
def test_a_cloud_that_is_set_for_something_else_is_an_error(
    state: StateFolder, job: str, options: list[str], problem: str
) -> None:
    _run(state, job)
    result = RUNNER.invoke(cli.app, ["lab", "ctr", *options])
    assert isinstance(result.exception, LocalCloudError)
    assert problem in str(result.exception)


@pytest.mark.parametrize(("found", "code"), [(True, 0), (False, 1)])
def test_the_exit_code_says_whether_the_burst_was_found(
    state: StateFolder, monkeypatch: pytest.MonkeyPatch, found: bool, code: int
) -> None:
    rows = [_row(300)] if found else []
    monkeypatch.setattr(ctr_play, "run_ctr_lab", lambda *_: _report(*rows))
    result = RUNNER.invoke(cli.app, ["lab", "ctr", "--json"])
    assert result.exit_code == code
    assert f'"found": {"true" if found else "false"}' in result.output


@pytest.mark.parametrize(
    ("option", "value"), [("--speed", "0.5"), ("--arrivals", "never"), ("--profile", "other")]
)
def test_options_that_cannot_be_are_refused(option: str, value: str) -> None:
    result = RUNNER.invoke(cli.app, ["lab", "ctr", option, value])
    assert result.exit_code == 2
