"""Figures of sessions, worked by hand: open ones count, and only closed ones have a length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from localaws.sessions.picture import picture
from localaws.sessions.summary import By, durations, summarize, summarize_by, to_json

Make = Callable[..., dict[str, Any]]
Rows = list[dict[str, Any]]


@pytest.fixture
def rows(opened: Make, closed: Make) -> Rows:
    """Three closed sessions, an open one and a withdrawn one."""
    return [
        closed(duration_ms=0, events=1, exit_page="home"),
        closed(user_id="u2", session_id="u2_desktop_10:00:00", duration_ms=10_000, events=2),
        closed(started_at="2", duration_ms=60_000, events=6, purchases=1, converted=True),
        opened(started_at="3", entry_page=None),
        closed(started_at="4", status="withdrawn", duration_ms=9e9),
    ]


def _text(rows: Rows, by: By = "user", count: int = 10) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(picture(rows, by, count))
    return capture.get()


def test_the_figures_of_all_sessions(rows: Rows) -> None:
    assert summarize(rows).to_json() == {
        "name": None,
        "sessions": 4,
        "open": 1,
        "closed": 3,
        "median_ms": 10_000,
        "p95_ms": 60_000,
        "events_per_session": 3.0,
        "bounce_share": 0.333333,
        "conversion_share": 0.333333,
    }


def test_of_open_sessions_alone_the_rest_is_not_known(opened: Make) -> None:
    found = summarize([opened()])
    assert (found.sessions, found.open, found.closed) == (1, 1, 0)
    assert (found.median_ms, found.p95_ms, found.events_per_session) == (None, None, None)
    assert (found.bounce_share, found.conversion_share) == (None, None)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("user", [("u1", 3), ("u2", 1)]),
        ("device", [("mobile", 3), ("desktop", 1)]),
        ("entry_page", [("home", 3), (None, 1)]),
        ("exit_page", [("cart", 2), (None, 1), ("home", 1)]),
    ],
)
def test_groups_are_ordered_by_their_sessions_then_name(
    rows: Rows, by: By, expected: list[tuple[str | None, int]]
) -> None:
    assert [(group.name, group.sessions) for group in summarize_by(rows, by)] == expected


def test_a_length_on_a_border_is_of_the_longer_class(rows: Rows) -> None:
    found = {start: count for start, _, count in durations(rows)}
    assert found == {0: 1, 1: 0, 10: 1, 30: 0, 60: 1, 300: 0, 900: 0, 1_800: 0, 3_600: 0}


def test_the_json_has_the_groups_asked_for(rows: Rows) -> None:
    found = to_json(rows, "user", 1)
    assert set(found) == {"sessions", "by", "groups", "durations"}
    assert [group["name"] for group in found["groups"]] == ["u1"]
    assert found["durations"][0] == {"from_s": 0, "below_s": 1, "sessions": 1}
    assert "name" not in found["sessions"]


def test_people_see_the_figures_the_groups_and_a_picture(rows: Rows) -> None:
    text = _text(rows)
    assert "4 sessions: 1 open, 3 closed" in text
    assert "median 10.0 s, 95th percentile 60.0 s" in text
    assert "bounces 33.3%, conversions 33.3%" in text
    assert "below 5 min" in text
    assert "█" in text


def test_more_groups_than_asked_for_are_said(rows: Rows) -> None:
    assert "and 1 more; -n shows more of them" in _text(rows, count=1)


def test_without_a_closed_session_there_is_no_picture(opened: Make) -> None:
    text = _text([opened()])
    assert "is known of closed ones alone" in text
    assert "how long they lasted" not in text


def test_without_sessions_there_is_a_sentence() -> None:
    assert "0 sessions" in _text([])
