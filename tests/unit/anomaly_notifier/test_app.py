"""The function on a request: one answer a record, whatever happens to the others."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from catalog.ctr import ALERTS, ANOMALIES, INCIDENTS
from lambdas.anomaly_notifier import app
from lambdas.anomaly_notifier.settings import SettingsError
from tests.unit.anomaly_notifier.rows import anomaly, cleared, text
from tests.unit.price_updater.fakes import client_error

ROOT = Path(__file__).parents[3]
DAY_S = 86_400


def test_an_incident_is_recorded_and_told(world: Any) -> None:
    assert world.send(anomaly(0), anomaly(10, severity=7), cleared(10, 310)) == ["Ok"] * 3
    assert world.kinds() == ["opened", "resolved"]
    first, second = world.rows("anomalies")
    assert (first["window_start"], second["window_start"]) == (text(0), text(10))
    assert {each["incident_id"] for each in (first, second)} == {text(0)}
    assert first["expires_at"] == 1_767_259_800 + 90 * DAY_S
    assert (float(first["ctr_percent"]), "anomaly_score" in first) == (1.2, False)
    assert world.incident() == {
        "site": "shop",
        "incident_id": text(0),
        "status": "resolved",
        "revision": 3,
        "last_window_start": text(10),
        "last_window_end": text(20),
        "unusual_since": text(0),
        "resolved_at": text(310),
        "windows": 2,
        "direction": "down",
        "side": "clicks",
        "peak_severity": 7,
        "peak_percent": Decimal("1.2"),
        "peak_window_start": text(10),
        "expected_percent": Decimal("4.8123"),
        "told_severity": 0,
        "told_at": text(310),
        "messages": 2,
        "held": 0,
        "expires_at": 1_767_259_820 + 90 * DAY_S,
    }


def test_items_are_of_their_tables_contracts(make: SimpleNamespace) -> None:
    world = make.world(QUIET_HOURS="09:35-10:00 UTC")
    world.send(anomaly(0), cleared(0, 300), anomaly(400, side=None), anomaly(3600))
    for table in (ANOMALIES, INCIDENTS, ALERTS):
        items = world.rows(table.name)
        assert len(items) >= 2
        for item in items:
            assert set(table.schema.required) <= set(item) <= set(table.schema.names)


def test_a_message_is_kept_as_it_was_sent(world: Any) -> None:
    world.send(anomaly(0))
    (alert,) = world.rows("alerts")
    (message,) = world.sns.published
    assert alert == {name: value for name, value in message.items() if name != "incident_id"} | {
        "state": "sent",
        "sns_message_id": "sns-1",
        "expires_at": 1_767_259_810 + 90 * DAY_S,
    }
    assert message["message_id"] == f"{text(10)}#opened#{text(0)}"
    assert (message["incident_id"], message["at"]) == (text(0), text(10))


def test_each_site_has_its_own_incidents(world: Any) -> None:
    sites = [f"site {number}" for number in range(40)]
    rows = [anomaly(start, site=site) for start in range(0, 50, 10) for site in sites]
    assert set(world.send(*rows)) == {"Ok"}
    assert sorted(each["site"] for each in world.sns.published) == sorted(sites)
    assert {each["windows"] for each in world.rows("incidents")} == {5}


def test_a_bad_row_fails_alone_and_says_why(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert world.send(anomaly(0), {}, anomaly(10)) == ["Ok", "DeliveryFailed", "Ok"]
    (failed,) = (each for each in caplog.records if each.message == "row failed")
    assert vars(failed)["record_id"] == "row-2"
    assert vars(failed)["reason"].startswith("no site, window_start")
    assert world.incident()["windows"] == 2


@pytest.mark.parametrize("kind", ["throttled", "unreachable"])
def test_a_row_that_is_not_taken_holds_up_the_later_ones_of_its_site(
    make: SimpleNamespace, world: Any, kind: str
) -> None:
    unreachable = EndpointConnectionError(endpoint_url="http://dynamodb")
    error = {"throttled": make.throttled(), "unreachable": unreachable}[kind]
    rows = [anomaly(0), cleared(0, 300), anomaly(0, site="b")]
    world.dynamodb.faults.before["query incidents shop"] = [error]
    assert world.send(*rows) == ["DeliveryFailed", "DeliveryFailed", "Ok"]
    assert world.send(*rows) == ["Ok"] * 3
    assert sorted(world.kinds()) == ["opened", "opened", "resolved"]


def test_a_row_that_dynamodb_refuses_or_a_fault_fails_alone(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    refused = client_error("ValidationException")
    fault = ZeroDivisionError("division by zero")
    world.dynamodb.faults.before["transact_write_items"] = [refused, fault]
    rows = [anomaly(0), anomaly(10), anomaly(20)]
    assert world.send(*rows) == ["DeliveryFailed", "DeliveryFailed", "Ok"]
    reasons = [str(getattr(each, "reason", "")) for each in caplog.records]
    assert any("DynamoDB refuses it" in reason for reason in reasons)


def test_what_there_is_no_time_for_is_answered_for_in_time(world: Any) -> None:
    world.remaining_ms = 28_000
    assert world.send(anomaly(0), anomaly(10)) == ["DeliveryFailed"] * 2
    assert (world.rows("anomalies"), world.sns.published) == ([], [])


def test_a_message_that_there_is_no_time_for_is_sent_by_the_next_invocation(world: Any) -> None:
    def time_is_up() -> None:
        world.remaining_ms = 28_000

    world.dynamodb.faults.meanwhile["transact_write_items"] = [time_is_up]
    assert world.send(anomaly(0)) == ["Ok"]
    assert (world.states(), world.sns.published) == ([("opened", "pending")], [])
    world.remaining_ms = 60_000
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.kinds() == ["opened"]


def test_no_records_are_no_answers_and_touch_nothing(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    event: dict[str, Any] = {"records": []}
    nothing: Any = None
    assert app.handle(event, nothing, nothing) == {"records": []}
    assert (capsys.readouterr().out, caplog.records) == ("", [])


def test_without_a_record_a_right_environment_is_found_right(
    make: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in make.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    event: dict[str, Any] = {"records": []}
    context: Any = None
    assert app.lambda_handler(event, context) == {"records": []}
    app._parts.cache_clear()


def measured(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The only line of metrics."""
    (line,) = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    found: dict[str, Any] = json.loads(line)
    return found


def test_what_did_not_happen_is_measured_as_zero(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.send(anomaly(0, site=""))
    metrics = measured(capsys)
    names = ("rows", "recorded", "repeated", "ignored", "failed", "sent", "held", "pending")
    assert [metrics[name] for name in names] == [[float(n)] for n in (1, 0, 0, 0, 1, 0, 0, 0)]


def test_a_message_that_waits_is_measured(
    make: SimpleNamespace, world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.sns.faults.before["publish shop"] = [make.throttled(), make.throttled()]
    for invoke in (lambda: world.send(anomaly(0)), world.sweep):
        invoke()
        metrics = measured(capsys)
        assert (metrics["sent"], metrics["pending"]) == ([0.0], [1.0])
    world.sweep()
    metrics = measured(capsys)
    assert (metrics["found"], metrics["sent"], metrics["pending"]) == ([1.0], [1.0], [0.0])


def test_metrics_count_the_outcomes_and_the_messages(
    make: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    world = make.world(QUIET_HOURS="09:35-10:00 UTC")
    world.send(anomaly(0), anomaly(0), cleared(5, 9, site="b"), {}, anomaly(300, severity=30))
    metrics = measured(capsys)
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Clickstream"
    assert metrics["service"] == "anomaly_notifier"
    names = ("rows", "recorded", "repeated", "ignored", "failed", "sent", "held")
    assert [metrics[name] for name in names] == [[5.0], [2.0], [1.0], [1.0], [1.0], [1.0], [1.0]]


def test_nothing_is_read_or_made_at_import() -> None:
    code = (
        "import boto3\n"
        "def refuse(*args, **options): raise SystemExit('a client was made at import')\n"
        "boto3.client = boto3.resource = boto3.Session = refuse\n"
        "import lambdas.anomaly_notifier.app\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("module", ["incidents", "messages", "rules", "lab"])
def test_what_is_pure_needs_no_aws(module: str) -> None:
    code = (
        f"import sys, lambdas.anomaly_notifier.{module}\n"
        "sys.exit(bool({'boto3', 'botocore', 'aws_lambda_powertools'} & set(sys.modules)))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0


def test_a_wrong_environment_fails_the_first_invocation_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PROFILE", raising=False)
    event: dict[str, Any] = {"records": []}
    with pytest.raises(SettingsError, match="PROFILE: not set"):
        app.lambda_handler(event, None)  # type: ignore[arg-type]
