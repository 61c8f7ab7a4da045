"""Rows of sessions: each revision is given once, and a device is read from an id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from localaws.sessions.rows import RowFeed, by_start, device_of, standing

Make = Callable[..., dict[str, Any]]


def test_a_row_is_given_once_a_revision(opened: Make, closed: Make) -> None:
    feed = RowFeed()
    first, second = opened(), closed(revision=2)
    assert feed.new([first]) == [first]
    assert feed.new([first]) == []
    assert feed.new([second]) == [second]
    assert feed.new([first]) == []


def test_rows_of_the_same_start_and_another_user_are_others(closed: Make) -> None:
    feed = RowFeed([closed()])
    other = closed(user_id="u2")
    assert feed.new([closed(), other]) == [other]


def test_a_withdrawn_session_is_news_and_does_not_stand(closed: Make) -> None:
    withdrawn = closed(status="withdrawn", revision=2)
    assert RowFeed([closed()]).new([withdrawn]) == [withdrawn]
    assert standing([closed(), withdrawn]) == [closed()]


def test_rows_are_ordered_by_start_then_user(closed: Make) -> None:
    late, b, a = closed(started_at="2026-01-02"), closed(user_id="b"), closed(user_id="a")
    assert by_start([late, b, a]) == [a, b, late]


@pytest.mark.parametrize(
    ("user", "session_id", "device"),
    [
        ("u1", "u1_mobile_10:00:00", "mobile"),
        ("u_1", "u_1_smart_tv_10:00:00", "smart_tv"),
        ("u", "u_unknown_10:00:00", "unknown"),
    ],
    ids=["plain", "underscores", "none sent"],
)
def test_the_device_stands_between_user_and_time(
    closed: Make, user: str, session_id: str, device: str
) -> None:
    assert device_of(closed(user_id=user, session_id=session_id)) == device
