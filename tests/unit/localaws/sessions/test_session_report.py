"""The report of a run of the session job: the JSON object's exact shape, and text for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import Console

from localaws.accounting import Totals
from localaws.sessions.report import SessionReport

Make = Callable[..., dict[str, Any]]
TOTALS = Totals(counted=90, rejected=6, late=4, candidates=12, batches=3, reopened=1, undelivered=2)


def _text(report: SessionReport) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        report.show(console)
    return capture.get()


def test_the_json_of_a_run_has_exactly_these_keys(closed: Make, opened: Make) -> None:
    rows = [closed(), opened(user_id="u2"), closed(user_id="u3", status="withdrawn")]
    assert SessionReport(100, TOTALS, rows, 0, ["f:2: not JSON"]).to_json() == {
        "events": {
            "sent": 100,
            "counted": 90,
            "rejected": 6,
            "late": 4,
            "late_share": 0.04,
            "unreadable": 1,
        },
        "batches": 3,
        "rows": {"delivered": 12, "undelivered": 2},
        "sessions": {
            "total": 2,
            "open": 1,
            "closed": 1,
            "withdrawn": 1,
            "reopened": 1,
            "reopened_share": 0.5,
        },
        "processes_left": 0,
        "unreadable": ["f:2: not JSON"],
    }


def test_people_see_the_sum_the_shares_and_what_was_not_delivered(closed: Make) -> None:
    text = _text(SessionReport(100, TOTALS, [closed()], 0, ["f:2: not JSON [/bold]"]))
    assert "100 events sent = 90 counted + 6 rejected + 4 late (4.0%), in 3 batches" in text
    assert "1 sessions: 0 open, 1 closed; 0 withdrawn; re-opened 1 (100.0%)" in text
    assert "2 rows were not delivered" in text
    assert "f:2: not JSON [/bold]" in text


def test_of_nothing_there_are_no_shares() -> None:
    found = SessionReport(0, Totals(), [], 0).to_json()
    assert found["events"]["late_share"] is None
    assert found["sessions"]["reopened_share"] is None
    assert "re-opened 0 (-)" in _text(SessionReport(0, Totals(), [], 0))
