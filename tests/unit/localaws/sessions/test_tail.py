"""Rows are given as they come, and a tail ends with its cloud."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localaws.errors import LocalCloudError
from localaws.sessions import tail as module
from localaws.sessions.show import line
from localaws.sessions.tail import rows_as_they_come, tail_cloud
from localaws.state import RunningCloud, StateFolder

Make = Callable[..., dict[str, Any]]


def test_each_revision_comes_once_until_the_end(opened: Make, closed: Make) -> None:
    first, second, other = opened(), closed(revision=2), opened(user_id="u2")
    reads = iter([[first], [first, other], [second, other]])
    goes_on = iter([True, True, False])
    found = rows_as_they_come(lambda: next(reads), lambda: next(goes_on))
    assert list(found) == [first, other, second]


def test_without_following_the_table_is_read_once(opened: Make) -> None:
    reads = iter([[opened()]])
    assert list(rows_as_they_come(lambda: next(reads), lambda: False)) == [opened()]


@pytest.mark.parametrize("seconds", [0.0, 0.3], ids=["at once", "some time later"])
def test_a_cloud_that_ends_while_it_is_read_ends_the_tail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    state = StateFolder(tmp_path)
    state.save(RunningCloud("r", "now", "http://a", None, "s", 2))

    def ended(_: object) -> list[dict[str, Any]]:
        threading.Timer(seconds, state.clean).start()
        raise LocalCloudError("nobody answers")

    monkeypatch.setattr(module, "read_sessions", ended)
    assert list(tail_cloud(state, follow=False)) == []


def test_a_cloud_that_runs_and_does_not_answer_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = StateFolder(tmp_path)
    state.save(RunningCloud("r", "now", "http://a", None, "s", 2))

    def silent(_: object) -> list[dict[str, Any]]:
        raise LocalCloudError("nobody answers")

    monkeypatch.setattr(module, "read_sessions", silent)
    monkeypatch.setattr(module, "_ENDING_SECONDS", 0.0)
    with pytest.raises(LocalCloudError, match="nobody answers"):
        list(tail_cloud(state, follow=False))


def test_a_line_has_what_is_known(opened: Make, closed: Make) -> None:
    start = "2026-01-01T10:00:00.000Z"
    assert line(opened()) == f"{start}  open  u1_mobile_10:00:00"
    assert line(closed()) == f"{start}  closed  u1_mobile_10:00:00  3 events in 30.0 s"


def test_an_id_with_control_characters_stays_one_line(opened: Make) -> None:
    assert line(opened(session_id="u\n1\x1b[2J")).endswith("  u?1?[2J")
