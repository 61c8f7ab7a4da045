"""What stands in the table after rows in any order: the same cases in memory and on an engine."""

from itertools import permutations
from types import SimpleNamespace
from typing import Any

import pytest

CLOSED = {"status": "closed", "revision": 4, "events": 3, "converted": True}
WITHDRAWN = {"status": "withdrawn", "revision": 2}


def statuses(world: Any) -> list[tuple[str, int]]:
    return [(row["status"], row["revision"]) for row in world.rows()]


def test_the_row_with_the_highest_revision_stays(make: SimpleNamespace, engine: Any) -> None:
    results = engine.send(make.record(1), make.record(2, **CLOSED), make.record(3, **WITHDRAWN))
    assert results == ["Ok", "Ok", "Ok"]
    (row,) = engine.rows()
    assert (row["status"], row["revision"], row["events"]) == ("closed", 4, 3)
    assert row["converted"] is True
    assert "ended_at" not in row


def test_a_replay_changes_nothing(make: SimpleNamespace, engine: Any) -> None:
    rows = [make.record(1), make.record(2, **CLOSED)]
    engine.send(*rows)
    before = engine.rows()
    assert engine.send(*rows) == ["Ok", "Ok"]
    assert engine.rows() == before


def test_of_rows_with_one_revision_the_first_stays(make: SimpleNamespace, engine: Any) -> None:
    engine.send(make.record(1, entry_page="home"), make.record(2, entry_page="sale"))
    assert [row["entry_page"] for row in engine.rows()] == ["home"]


def test_what_a_newer_row_leaves_out_is_gone(make: SimpleNamespace, engine: Any) -> None:
    engine.send(make.record(1, **CLOSED), make.record(2, status="withdrawn", revision=5))
    (row,) = engine.rows()
    assert (row["status"], "events" in row) == ("withdrawn", False)


def test_a_withdrawn_session_stays_a_mark_that_no_older_row_opens_again(
    make: SimpleNamespace, engine: Any
) -> None:
    engine.send(make.record(1))
    engine.send(make.record(2, **WITHDRAWN))
    assert statuses(engine) == [("withdrawn", 2)]
    assert engine.send(make.record(1)) == ["Ok"]
    assert statuses(engine) == [("withdrawn", 2)]
    engine.send(make.record(3, revision=3))
    assert statuses(engine) == [("open", 3)]


def test_two_sessions_at_one_second_of_two_days_are_two_items(
    make: SimpleNamespace, engine: Any
) -> None:
    engine.send(make.record(1), make.record(2, started_at="2026-01-02T09:30:00.000Z"))
    rows = engine.rows()
    assert [row["started_at"][:10] for row in rows] == ["2026-01-01", "2026-01-02"]
    assert {row["session_id"] for row in rows} == {"anna_mobile_09:30:00"}
    assert rows[1]["expires_at"] - rows[0]["expires_at"] == 86_400


@pytest.mark.parametrize(
    "user_id",
    ["bert_2_mobile", 'o\'neill "x"', "🛒🇪🇺", "u" * 1_024, "u\n\0/#"],
    ids=["underscores", "quotes", "emoji", "1 KB", "controls"],
)
def test_any_user_id_is_kept_as_it_is(make: SimpleNamespace, engine: Any, user_id: str) -> None:
    session_id = f"{user_id}_mobile_09:30:00"
    assert engine.send(make.record(user_id=user_id, session_id=session_id)) == ["Ok"]
    (row,) = engine.rows()
    assert (row["user_id"], row["session_id"]) == (user_id, session_id)


def test_every_order_of_a_session_s_rows_ends_the_same(make: SimpleNamespace) -> None:
    rows = [
        make.record(1),
        make.record(2, **WITHDRAWN),
        make.record(3, revision=3),
        make.record(4, **CLOSED),
    ]
    ends = []
    for order in permutations([*rows, rows[0]]):
        world = make.world()
        assert set(world.send(*order)) == {"Ok"}
        ends.append(world.rows())
    assert len(ends) == 120
    assert all(end == ends[0] for end in ends)
    assert ends[0][0]["status"] == "closed"
