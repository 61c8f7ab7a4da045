"""The function on a request: one answer a record, in order, whatever happens to the others."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from lambdas.session_writer import app
from lambdas.session_writer.settings import Settings, SettingsError

ROOT = Path(__file__).parents[3]
EVENT = ROOT / "tests/events/session_rows.json"


def test_a_request_of_the_job_is_written(world: Any) -> None:
    assert world.send(*json.loads(EVENT.read_text())["records"]) == ["Ok"] * 4
    closed, withdrawn = world.rows()
    assert (closed["status"], closed["revision"], closed["exit_page"]) == ("closed", 4, "checkout")
    assert (withdrawn["user_id"], withdrawn["status"]) == ("bert_2", "withdrawn")


def test_an_event_inside_a_session_writes_nothing(make: SimpleNamespace, world: Any) -> None:
    assert world.send(make.record(status="event", session_time=None)) == ["Ok"]
    assert world.rows() == []


def test_a_bad_row_fails_alone_and_says_why(
    make: SimpleNamespace, world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [make.record(1), make.encoded("{}", 2), make.record(3, user_id="bert")]
    assert world.send(*rows) == ["Ok", "DeliveryFailed", "Ok"]
    (failed,) = (each for each in caplog.records if each.message == "row failed")
    assert failed.record_id == "row-2"  # type: ignore[attr-defined]
    assert failed.reason.startswith("no user_id, session_id, latest_time")  # type: ignore[attr-defined]
    assert [row["user_id"] for row in world.rows()] == ["anna", "bert"]


@pytest.mark.parametrize("kind", ["throttled", "unreachable", "a fault of ours"])
def test_a_row_that_is_not_taken_fails_alone(make: SimpleNamespace, world: Any, kind: str) -> None:
    world.table.failing["bert"] = {
        "throttled": make.client_error("ProvisionedThroughputExceededException"),
        "unreachable": EndpointConnectionError(endpoint_url="http://dynamodb"),
        "a fault of ours": ZeroDivisionError("division by zero"),
    }[kind]
    rows = [make.record(1, user_id="bert"), make.record(2), make.record(3, user_id="bert")]
    assert world.send(*rows) == ["DeliveryFailed", "Ok", "DeliveryFailed"]
    world.table.failing.clear()
    assert world.send(rows[0], rows[2]) == ["Ok", "Ok"]
    assert [row["user_id"] for row in world.rows()] == ["anna", "bert"]


def test_the_rows_of_a_user_are_written_in_their_order(make: SimpleNamespace, world: Any) -> None:
    users = [f"user-{number}" for number in range(40)]
    rows = [
        make.record(number, user_id=user, revision=number, started_at=f"2026-01-{number:02}")
        for number in range(1, 6)
        for user in users
    ]
    assert set(world.send(*rows)) == {"Ok"}
    for user in users:
        assert [n for who, n in world.table.order if who == user] == ["1", "2", "3", "4", "5"]


def test_what_there_is_no_time_for_is_answered_for_in_time(
    make: SimpleNamespace, world: Any
) -> None:
    world.remaining_ms = 16_000
    assert world.send(make.record(1), make.record(2, status="event")) == ["DeliveryFailed", "Ok"]
    assert world.rows() == []


def test_no_records_are_no_answers(world: Any) -> None:
    assert world.send() == []


def test_metrics_count_the_outcomes(
    make: SimpleNamespace, world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.send(make.record(1), make.record(2), make.record(3, status="event"), make.encoded("", 4))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    metrics = json.loads(line)
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Clickstream"
    assert metrics["service"] == "session_writer"
    counts = {n: metrics[n] for n in ("rows", "written", "superseded", "ignored", "failed")}
    assert counts == {
        "rows": [4.0],
        "written": [1.0],
        "superseded": [1.0],
        "ignored": [1.0],
        "failed": [1.0],
    }


def test_nothing_is_read_or_made_at_import() -> None:
    code = (
        "import boto3\n"
        "def refuse(*args, **options): raise SystemExit('a client was made at import')\n"
        "boto3.client = boto3.resource = boto3.Session = refuse\n"
        "import lambdas.session_writer.app\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_wrong_environment_fails_the_first_invocation_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SESSIONS_TABLE", raising=False)
    event: dict[str, Any] = {"records": []}
    with pytest.raises(SettingsError, match="SESSIONS_TABLE: not set"):
        app.lambda_handler(event, None)  # type: ignore[arg-type]


def test_a_session_stays_90_days_unless_the_environment_says_otherwise() -> None:
    assert Settings.from_environment({"SESSIONS_TABLE": "sessions"}).time_to_live.days == 90
    environment = {"SESSIONS_TABLE": "sessions", "TIME_TO_LIVE_DAYS": "7"}
    assert Settings.from_environment(environment).time_to_live.days == 7


@pytest.mark.parametrize("days", ["", "0", "-1", "1.5", "week", "100000", "²"])
def test_a_time_to_live_that_is_not_allowed_is_named(days: str) -> None:
    environment = {"SESSIONS_TABLE": "sessions", "TIME_TO_LIVE_DAYS": days}
    with pytest.raises(SettingsError, match=r"TIME_TO_LIVE_DAYS: found .*; whole days, 1 to 99999"):
        Settings.from_environment(environment)
