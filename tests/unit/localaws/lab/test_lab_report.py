"""The lab's report says whether the sessions are those that were expected, and which are not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from localaws.accounting import Totals
from localaws.lab.agreement import Agreement
from localaws.lab.report import LabReport
from localaws.sessions.report import SessionReport
from localaws.sessions.settings import SessionSettings

SETTINGS = SessionSettings("10 seconds", "lab")

EVENTS = [
    {"user_id": user, "event_timestamp": second * 1_000}
    for user, second in (("user1", 0), ("user2", 2), ("user1", 20))
]
EXPECTED = [("user1", 0), ("user2", 2), ("user1", 20)]


def _row(user: str, second: float, status: str = "open") -> dict[str, Any]:
    moment = datetime.fromtimestamp(second, UTC).isoformat(timespec="milliseconds")
    return {
        "user_id": user,
        "started_at": moment.replace("+00:00", "Z"),
        "status": status,
        "session_id": f"{user}_mobile_00:00:00",
    }


def _report(rows: list[dict[str, Any]]) -> LabReport:
    run = SessionReport(3, Totals(counted=3, candidates=3, batches=1), rows, 0)
    return LabReport(run, Agreement.of(EVENTS, rows, SETTINGS))


def _text(report: LabReport) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        report.show(console)
    return capture.get()


def test_the_same_sessions_agree() -> None:
    report = _report([*(_row(*start) for start in EXPECTED), _row("user2", 9, "withdrawn")])
    found = report.to_json()
    assert found["users"] == {
        "user1": {"events": 2, "sessions": 2, "expected": 2},
        "user2": {"events": 1, "sessions": 1, "expected": 1},
    }
    assert (found["sessions_expected"], found["agree"]) == (3, True)
    assert (found["missing"], found["unexpected"]) == ([], [])
    assert found["events"]["sent"] == 3
    assert "3 sessions expected by a plain calculation, and the same ones found" in _text(report)
    assert "processes left: 0" in _text(report)


def test_as_many_sessions_at_other_times_do_not_agree() -> None:
    report = _report([_row("user1", 0), _row("user2", 2), _row("user1", 20.5)])
    found = report.to_json()
    assert found["agree"] is False
    assert found["missing"] == [{"user_id": "user1", "started_at": 20_000}]
    assert found["unexpected"] == [{"user_id": "user1", "started_at": 20_500}]
    assert "but other ones found: 1 are missing, 1 were not expected" in _text(report)


def test_of_many_users_the_first_are_shown() -> None:
    events = [{"user_id": f"user{n}", "event_timestamp": 0} for n in range(1, 31)]
    run = SessionReport(30, Totals(), [], 0)
    text = _text(LabReport(run, Agreement.of(events, [], SETTINGS)))
    assert "user20 " in text
    assert "user21 " not in text
    assert "and 10 more users; --json lists all" in text
