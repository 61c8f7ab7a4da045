"""A run of the session job is followed by the totals of that job, and each row once."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from localaws import accounting
from localaws.accounting import Totals, read_totals
from localaws.display import Display
from localaws.sessions import follower, rows

Make = Callable[..., dict[str, Any]]
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Tables:
    """Tables that the reader of items reads."""
    found: Tables = {"job_batches": [], "sessions": []}
    for module in (accounting, rows):
        monkeypatch.setattr(module, "scan", lambda _, name, *columns: iter(found[name]))
    return found


def _batch(job: str, **counts: int) -> dict[str, Any]:
    return {"job": job, "counted": 0, "rejected": 0, "late": 0, "results": 0, **counts}


def test_totals_are_those_of_the_job_and_what_a_job_does_not_count_is_none(
    tables: Tables,
) -> None:
    tables["job_batches"] = [
        _batch("price_candidates", counted=5),
        _batch("click_sessions", counted=7, results=3, reopened=1, undelivered=2),
    ]
    clients: Any = {}
    assert read_totals(clients) == Totals(counted=5, batches=1)
    found = read_totals(clients, "click_sessions")
    assert found == Totals(counted=7, candidates=3, batches=1, reopened=1, undelivered=2)


def test_a_run_has_the_rows_that_came_since_it_began(
    tables: Tables, opened: Make, closed: Make
) -> None:
    clients: Any = {}
    tables["sessions"] = [opened(user_id="before")]
    output = io.StringIO()
    display = Display(Console(file=output, width=200, force_terminal=True))
    followed = follower.SessionFollower(clients, display)
    tables["sessions"] += [opened(), closed(user_id="u2")]
    with display.live():
        followed.look(10, now=True)
    assert "u1_mobile_10:00:00" in output.getvalue()
    tables["sessions"][1] = closed(revision=2)
    followed.look(10, now=True)
    report = followed.report(10, 0, ())
    assert report.rows == [closed(revision=2), closed(user_id="u2")]
