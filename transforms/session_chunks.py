"""What goes into a task and comes out of it: events as rows, the state as chunks. No Spark.

The segments of a user's state travel as Arrow bytes, many of them in a chunk: as rows, Spark would
take longer to carry them than `sessionize` takes to work on them. A chunk is named by one of its
users, so that it comes to the task that has their events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.session_intake import Clock
from transforms.session_tables import INPUT, STATE

ROWS_A_CHUNK: Final = 65_536
CARRIED: Final = pa.schema(
    [
        ("user_id", pa.string()),
        ("sequence_number", pa.string()),
        ("arrived_at", pa.int64()),  # epoch ms
        ("at", pa.int64()),  # epoch ms
        ("key", pa.int64()),  # identity of the event
        ("device", pa.string()),
        ("page", pa.string()),
        ("is_purchase", pa.bool_()),
        ("version", pa.int64()),  # of a chunk; null for an event
        ("chunk", pa.binary()),
    ]
)
_FAST = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass(frozen=True)
class Chunk:
    """Segments of the state as bytes, named by one of their users."""

    user_id: str
    rows: int
    latest: int
    content: bytes


def pack(state: pa.Table) -> Iterator[Chunk]:
    """The segments of the state (`STATE`) as chunks."""
    for begin in range(0, state.num_rows, ROWS_A_CHUNK):
        part = state.slice(begin, ROWS_A_CHUNK)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, STATE, options=_FAST) as writer:
            writer.write_table(part)
        yield Chunk(
            part["user_id"][0].as_py(),
            part.num_rows,
            pc.max(part["latest"]).as_py(),
            sink.getvalue().to_pybytes(),
        )


def unpack(carried: pa.Table, clock: Clock, whole_from: int) -> pa.Table:
    """A task's rows (`CARRIED`) as `sessionize` takes them (`INPUT`).

    Of chunks before the version `whole_from` only the users are read who have events, or of whom
    the clock has something to tell.
    """
    is_event = carried["chunk"].is_null()
    events = carried.filter(is_event)
    chunks = carried.filter(pc.invert(is_event)).select(["version", "chunk"]).to_pylist()
    state = [(row["version"], _read(row["chunk"])) for row in chunks]
    due = [_due(segments, clock) for version, segments in state if version < whole_from]
    wanted = pa.concat_arrays([a for part in (events["user_id"], *due) for a in _chunks(part)])
    parts = [
        _inputs(segments if version >= whole_from else _of(segments, wanted), version)
        for version, segments in state
    ]
    return pa.concat_tables([*parts, _segments(events)])


def _read(content: bytes) -> pa.Table:
    return pa.ipc.open_stream(content).read_all()


def _due(segments: pa.Table, clock: Clock) -> pa.ChunkedArray:
    due_at = segments["due_at"]
    is_due = pc.and_(pc.greater_equal(due_at, clock.before), pc.less(due_at, clock.now))
    return segments["user_id"].filter(is_due)


def _of(segments: pa.Table, users: pa.Array) -> pa.Table:
    return segments.filter(pc.is_in(segments["user_id"], value_set=users))


def _chunks(column: pa.ChunkedArray) -> list[pa.Array]:
    return column.chunks or [pa.array([], column.type)]


def _inputs(segments: pa.Table, version: int) -> pa.Table:
    """Segments of the state as rows of the input."""
    count = segments.num_rows
    more = {
        "version": pa.array(np.full(count, version), pa.int64()),
        "sequence_number": pa.nulls(count, pa.string()),
        "arrived_at": pa.nulls(count, pa.int64()),
    }
    columns = [more[f.name] if f.name in more else segments[f.name] for f in INPUT]
    return pa.table(columns, schema=INPUT)


def _segments(events: pa.Table) -> pa.Table:
    """Events as segments of one event each."""
    count = events.num_rows
    found = {
        "user_id": events["user_id"],
        "sequence_number": events["sequence_number"],
        "arrived_at": events["arrived_at"],
        "start": events["at"],
        "end": events["at"],
        "events": pa.array(np.ones(count, dtype=np.int64)),
        "key": events["key"],
        "device": events["device"],
        "last_device": events["device"],
        "entry": events["page"],
        "exit": events["page"],
        "device_changes": pa.array(np.zeros(count, dtype=np.int64)),
        "purchases": events["is_purchase"].cast(pa.int64()),
    }
    columns = [found[f.name] if f.name in found else pa.nulls(count, f.type) for f in INPUT]
    return pa.table(columns, schema=INPUT)
