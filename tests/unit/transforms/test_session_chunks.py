"""The state as chunks: what comes back, and of which users."""

from __future__ import annotations

import pyarrow as pa

from tests.unit.transforms.session_reference import Event
from transforms.session_chunks import CARRIED, ROWS_A_CHUNK, Chunk, pack, unpack
from transforms.session_intake import Clock
from transforms.session_tables import STATE

NOW = Clock(before=100, now=200)


def segment(user: str, due_at: int | None = None, latest: int = 0) -> dict[str, object]:
    """A segment of the state."""
    row = Event(user, latest, key=1).row() | {"counter": 1, "latest": latest, "due_at": due_at}
    return {name: row.get(name) for name in STATE.names}


def chunks(*segments: dict[str, object]) -> list[Chunk]:
    """The segments, packed."""
    return list(pack(pa.Table.from_pylist(list(segments), schema=STATE)))


def carried(events: list[str], state: dict[int, list[dict[str, object]]]) -> pa.Table:
    """A task's rows: an event of each user, and chunks of versions."""
    rows: list[dict[str, object]] = [
        {
            "user_id": user,
            "sequence_number": "1",
            "arrived_at": 9,
            "at": 7,
            "key": 3,
            "is_purchase": True,
        }
        for user in events
    ]
    for version, segments in state.items():
        rows += [
            {"user_id": each.user_id, "version": version, "chunk": each.content}
            for each in chunks(*segments)
        ]
    return pa.Table.from_pylist(rows, schema=CARRIED)


def users(table: pa.Table) -> list[tuple[str, int | None]]:
    """Users and versions of the rows."""
    return [(row["user_id"], row["version"]) for row in table.to_pylist()]


def test_chunks_are_bounded_and_named_by_a_user_of_theirs() -> None:
    many = [segment(f"u{n}", latest=n) for n in range(ROWS_A_CHUNK + 1)]
    found = [(each.user_id, each.rows, each.latest) for each in chunks(*many)]
    assert found == [
        ("u0", ROWS_A_CHUNK, ROWS_A_CHUNK - 1),
        (f"u{ROWS_A_CHUNK}", 1, ROWS_A_CHUNK),
    ]


def test_no_state_is_no_chunk() -> None:
    assert chunks() == []


def test_an_event_is_a_segment_of_one() -> None:
    (row,) = unpack(carried(["ann"], {}), NOW, whole_from=0).to_pylist()
    assert (row["start"], row["end"], row["events"], row["purchases"]) == (7, 7, 1, 1)
    assert (row["version"], row["counter"]) == (None, None)
    assert (row["sequence_number"], row["arrived_at"]) == ("1", 9)


def test_versions_written_anew_are_read_whole_and_older_ones_for_their_events() -> None:
    state = {4: [segment("ann"), segment("bob")], 5: [segment("cid")]}
    found = users(unpack(carried(["bob"], state), NOW, whole_from=5))
    assert found == [("bob", 4), ("cid", 5), ("bob", None)]


def test_a_chunk_of_an_older_version_may_hold_nobody_who_is_asked_for() -> None:
    found = users(unpack(carried(["bob"], {4: [segment("ann")]}), NOW, whole_from=5))
    assert found == [("bob", None)]


def test_of_older_versions_users_are_read_who_are_due_since_the_last_batch() -> None:
    due = [segment(f"at {due_at}", due_at) for due_at in (99, 100, 199, 200, None)]
    found = users(unpack(carried([], {4: due}), NOW, whole_from=5))
    assert found == [("at 100", 4), ("at 199", 4)]


def test_every_version_of_a_user_who_is_due_in_one_is_read() -> None:
    state = {3: [segment("ann", 150)], 4: [segment("ann", 500)]}
    found = users(unpack(carried([], state), NOW, whole_from=5))
    assert found == [("ann", 3), ("ann", 4)]
