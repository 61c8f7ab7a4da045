"""Segments of sessions as columns of numbers, and the sessions that they add up to. No Spark.

A segment is what one event says of a session, or a run of events between which none can come any
more. Adjacent segments add up to one, so that the state of a session is small however long it is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]

NO_TIME: Final = -(2**62)  # before every event time, and far enough from the end of int64 to add to
SEGMENT: Final = pa.schema(
    [
        ("start", pa.int64()),  # first event, epoch ms
        ("end", pa.int64()),  # last event
        ("events", pa.int64()),
        ("key", pa.int64()),  # identity of the first event; tells events of one instant apart
        ("device", pa.string()),  # of the first event
        ("last_device", pa.string()),
        ("entry", pa.string()),  # event_name of the first event
        ("exit", pa.string()),
        ("device_changes", pa.int64()),
        ("purchases", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Segments:
    """Segments in order: by user, then by time. `row` is the place in the table they came in."""

    row: Numbers
    user: Numbers
    start: Numbers
    end: Numbers
    events: Numbers
    key: Numbers
    device: Numbers
    last_device: Numbers
    device_changes: Numbers
    purchases: Numbers

    @classmethod
    def of(cls, table: pa.Table, user: Numbers, wanted: Flags) -> Segments:
        """The wanted rows of a table with the columns of `SEGMENT`, in order.

        Events of one instant stand in the order of their keys, whatever order they came in.
        """
        device, last_device = _codes(table, ("device", "last_device"))
        found = {
            "row": np.arange(table.num_rows),
            "user": user,
            **{n: numbers(table, n) for n in ("start", "end", "events", "key")},
            "device": device,
            "last_device": last_device,
            **{n: numbers(table, n) for n in ("device_changes", "purchases")},
        }
        chosen = {name: values[wanted] for name, values in found.items()}
        order = np.lexsort((chosen["key"], chosen["start"], chosen["user"]))
        return cls(**{name: values[order] for name, values in chosen.items()})

    def only(self, wanted: Flags) -> Segments:
        """The wanted ones, in their order."""
        return Segments(**{f.name: getattr(self, f.name)[wanted] for f in fields(self)})

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class Groups:
    """Runs of adjacent segments added up; `first` and `last` are places in the segments."""

    first: Numbers
    last: Numbers
    events: Numbers
    purchases: Numbers
    device_changes: Numbers

    @classmethod
    def of(cls, segments: Segments, begins: Flags) -> Groups:
        """The groups that begin at these segments, the first of all segments among them."""
        first = np.flatnonzero(begins)
        last = np.append(first[1:], len(segments)) - 1 if len(first) else first
        changes = segments.device_changes + (_on_another_device(segments) & ~begins)
        return cls(
            first,
            last,
            _sums(segments.events, first),
            _sums(segments.purchases, first),
            _sums(changes, first),
        )


def session_starts(segments: Segments, gap_ms: int, max_length_ms: int) -> Flags:
    """Whether a session starts at a segment.

    It does at a user's first one, at one more than `gap_ms` after the one before, and at the first
    one that ends more than `max_length_ms` after the start of the session that it would be in.
    """
    if not len(segments):
        return np.zeros(0, dtype=bool)
    starts = np.ones(len(segments), dtype=bool)
    starts[1:] = (np.diff(segments.user) != 0) | (segments.start[1:] - segments.end[:-1] > gap_ms)
    _split_long(segments, starts, max_length_ms)
    return starts


def _split_long(segments: Segments, starts: Flags, max_length_ms: int) -> None:
    """Adds starts until no session is too long; each turn looks at the long ones alone."""
    looked_at = np.arange(len(segments))
    while len(looked_at):
        session = np.cumsum(starts[looked_at])
        begun = segments.start[looked_at][starts[looked_at]][session - 1]
        beyond = np.flatnonzero(segments.end[looked_at] - begun > max_length_ms)
        _, first = np.unique(session[beyond], return_index=True)
        new = beyond[first]
        starts[looked_at[new]] = True
        # What is left may be too long still: from each new start to the end of its session.
        tail = np.zeros(len(looked_at), dtype=bool)
        tail[beyond] = True
        looked_at = looked_at[tail]


def numbers(table: pa.Table, name: str, null: int = 0) -> Numbers:
    """A column of whole numbers."""
    column = table[name].combine_chunks()
    return np.asarray(pc.fill_null(column, null).to_numpy(zero_copy_only=False), dtype=np.int64)


def _codes(table: pa.Table, names: tuple[str, ...]) -> list[Numbers]:
    """Text columns as numbers: equal where the texts are, over all of them; -1 for null."""
    chunks = [chunk for name in names for chunk in table[name].chunks]
    if not chunks:
        return [np.zeros(0, dtype=np.int64) for _ in names]
    encoded = pa.chunked_array(chunks).combine_chunks().dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return [np.asarray(part) for part in np.split(codes, len(names))]


def _on_another_device(segments: Segments) -> Flags:
    """Whether a segment begins on another device than the one before ended on, both known."""
    changed = np.zeros(len(segments), dtype=bool)
    before, now = segments.last_device[:-1], segments.device[1:]
    changed[1:] = (before != now) & (before >= 0) & (now >= 0)
    return changed


def _sums(values: Numbers, first: Numbers) -> Numbers:
    if not len(first):
        return np.zeros(0, dtype=np.int64)
    return np.asarray(np.add.reduceat(values.astype(np.int64), first))
