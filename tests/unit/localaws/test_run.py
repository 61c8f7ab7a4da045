"""A run's end: more events accounted for than were sent is a fault on a cloud of our own."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localaws import run
from localaws.accounting import Totals
from localaws.errors import LocalCloudError


@pytest.fixture
def follower(monkeypatch: pytest.MonkeyPatch) -> run.Follower:
    """A follower of tables that have 0 events accounted for at first, and 11 from then on."""
    totals = iter([Totals(), *[Totals(counted=11)] * 9])
    monkeypatch.setattr(run, "read_totals", lambda *_: next(totals))
    monkeypatch.setattr(run, "read_price_changes", lambda _: [])
    monkeypatch.setattr(run, "wait_until_idle", lambda *_: None)
    display: Any = SimpleNamespace(counts=lambda *_: None)
    clients: Any = {}
    return run.Follower(clients, display)


def test_more_events_than_were_sent_to_a_cloud_of_our_own_are_an_error(
    follower: run.Follower,
) -> None:
    job: Any = SimpleNamespace(check=lambda: None)
    follower.job = job
    with pytest.raises(LocalCloudError, match="11 events are accounted for, but 10 were sent"):
        follower.drain(10, 1, Path("unused"))


def test_others_may_send_to_a_cloud_that_runs_for_them_too(follower: run.Follower) -> None:
    follower.drain(10, 1, Path("unused"))
    assert follower.totals.accounted == 11
