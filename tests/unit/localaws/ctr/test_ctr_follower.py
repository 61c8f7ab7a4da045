"""A run of click-through rates: what came since it began, as JSON and for people."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from rich.console import Console

from localaws import accounting
from localaws.accounting import Totals, read_totals
from localaws.clients import Clients
from localaws.ctr import follower as module
from localaws.ctr import rows
from localaws.ctr.follower import CtrFollower
from localaws.ctr.report import CtrReport
from localaws.display import Display
from localaws.errors import LocalCloudError

Make = Callable[..., dict[str, Any]]
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Tables:
    """Tables that the reader of items reads."""
    found: Tables = {"job_batches": [], "ctr_windows": [], "incidents": []}
    for each in (accounting, rows):
        monkeypatch.setattr(each, "scan", lambda _, name, *columns: iter(found[name]))
    monkeypatch.setattr(module, "wait_until_collected", lambda _: None)
    return found


def test_totals_are_those_of_the_job(tables: Tables) -> None:
    batch = {"counted": 9, "rejected": 1, "late": 2, "results": 3, "anomalies": 1, "undelivered": 4}
    tables["job_batches"] = [{"job": "ctr_anomalies", **batch}, {"job": "click_sessions", **batch}]
    clients: Any = {}
    assert read_totals(clients, "ctr_anomalies") == Totals(
        counted=9, rejected=1, late=2, candidates=3, batches=1, anomalies=1, undelivered=4
    )


def test_a_run_has_what_came_since_it_began(
    tables: Tables, tmp_path: Path, window: Make, incident: Make, message: Make
) -> None:
    clients: Any = {}
    file = tmp_path / "alerts.jsonl"
    file.write_text(json.dumps(message(message_id="before")) + "\n")
    tables["ctr_windows"] = [window()]
    tables["incidents"] = [incident(site="old"), incident(site="goes on", revision=1)]
    output = io.StringIO()
    followed = CtrFollower(clients, Display(Console(file=output, width=200)), file)

    new = window(
        window_start="2026-01-01T10:05:00.000Z", clicks=40, ctr_percent=400, is_anomaly=True
    )
    tables["ctr_windows"].append(new)
    tables["incidents"][1] = incident(site="goes on", revision=2)
    with file.open("a") as opened:
        opened.write(json.dumps(message()) + "\n")
    for _ in range(2):
        followed.look(10, now=True)

    report = followed.report(10, 0, ())
    assert report.rows == report.anomalies == [new]
    assert report.incidents == [incident(site="goes on", revision=2)]
    assert report.messages == [message()]
    said = output.getvalue()
    assert said.count("anomaly   www.example.com 10:05:00: CTR 400.0 %, 40 clicks") == 1
    assert said.count("Click-through rate up on www.example.com") == 1


def test_on_a_terminal_the_latest_windows_are_a_table(
    tables: Tables, tmp_path: Path, window: Make
) -> None:
    clients: Any = {}
    output = io.StringIO()
    display = Display(Console(file=output, width=200, force_terminal=True))
    followed = CtrFollower(clients, display, tmp_path / "alerts.jsonl")
    tables["ctr_windows"] = [window(expected_percent=99.5, is_anomaly=True)]
    with display.live():
        followed.look(10, now=True)
    for shown in ("10:00:00", "100.0 %", "99.5 %", "0.80", "ANOMALY"):
        assert shown in output.getvalue()


def _report(window: Make, incident: Make, message: Make, anomalies: int = 1) -> CtrReport:
    rows = [window()] + [window(is_anomaly=True) for _ in range(anomalies)]
    totals = Totals(
        counted=90, rejected=6, late=4, candidates=2, batches=3, anomalies=1, undelivered=2
    )
    return CtrReport(100, totals, rows, [incident()], [message()], 0, ["f:2: not JSON"])


def test_the_json_of_a_run_has_exactly_these_keys(
    window: Make, incident: Make, message: Make
) -> None:
    assert _report(window, incident, message).to_json() == {
        "events": {"sent": 100, "counted": 90, "rejected": 6, "late": 4, "unreadable": 1},
        "batches": 3,
        "rows": {"windows": 2, "anomalies": 1, "undelivered": 2},
        "windows": 2,
        "anomalies": [window(is_anomaly=True)],
        "incidents": [incident()],
        "messages": [message()],
        "processes_left": 0,
        "unreadable": ["f:2: not JSON"],
    }


def test_people_see_the_sum_the_incidents_and_the_messages(
    window: Make, incident: Make, message: Make
) -> None:
    console = Console(width=200)
    with console.capture() as capture:
        _report(window, incident, lambda: message(subject="[/bold]"), anomalies=12).show(console)
    text = capture.get()
    assert "100 events sent = 90 counted + 6 rejected + 4 late, in 3 batches" in text
    assert "13 windows, 12 of them anomalies" in text
    assert "and 2 more; --json lists all" in text
    assert "resolved 2026-01-01T10:06:20.000Z: up, 2 windows, CTR 400.0 % at its peak" in text
    assert "[/bold]" in text
    assert "2 rows were not delivered" in text


def test_a_cloud_that_does_not_answer_is_an_error_that_names_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://a")

    monkeypatch.setattr(rows, "scan", silent)
    for read in (rows.read_windows, rows.read_incidents):
        with pytest.raises(LocalCloudError, match="cannot be read at http://a"):
            read(Clients("http://a"))
