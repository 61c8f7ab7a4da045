"""The tables that go into a step of sessions and come out of it, and how they are made."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
from numpy.typing import NDArray

from transforms.session_segments import SEGMENT, Flags, Groups, Numbers, Segments

INPUT: Final = pa.schema(
    [
        ("user_id", pa.string()),
        ("version", pa.int64()),  # batch that wrote a segment of the state; null for an event
        ("counter", pa.int64()),  # of the user's events up to there; null for an event
        ("latest", pa.int64()),  # latest event of the user, epoch ms; null for an event
        ("sequence_number", pa.string()),  # of an event; null for a segment of the state
        ("arrived_at", pa.int64()),  # of an event, epoch ms; null likewise
        *SEGMENT,
    ]
)
STATE: Final = pa.schema(
    [
        ("user_id", pa.string()),
        ("counter", pa.int64()),
        ("latest", pa.int64()),
        ("due_at", pa.int64()),  # once the clock is past it, the user has something to tell
        *SEGMENT,
    ]
)
ROWS: Final = pa.schema(
    [
        ("user_id", pa.string()),
        ("status", pa.string()),
        ("revision", pa.int64()),  # twice the user's counter, and one more for a closed session
        ("reopened", pa.bool_()),  # it was told as closed, and went on
        *(field for field in SEGMENT if field.name != "last_device"),
    ]
)
ASIDE: Final = pa.schema(
    [
        ("reason", pa.string()),
        ("sequence_number", pa.string()),
        ("start", pa.int64()),
        ("earliest", pa.int64()),  # what would not have been late
    ]
)


def columns_of(segments: Segments, groups: Groups, wanted: Flags) -> dict[str, Numbers]:
    """The columns of groups of segments; of texts the rows of the table that have them."""
    first, last = groups.first[wanted], groups.last[wanted]
    head, end = segments.row[first], segments.row[last]
    return {
        "user": head,
        "start": segments.start[first],
        "end": segments.end[last],
        "events": groups.events[wanted],
        "key": segments.key[first],
        "device": head,
        "last_device": end,
        "entry": head,
        "exit": end,
        "device_changes": groups.device_changes[wanted],
        "purchases": groups.purchases[wanted],
    }


def output(
    schema: pa.Schema,
    table: pa.Table,
    columns: dict[str, Numbers],
    **more: NDArray[Any] | str | None,
) -> pa.Table:
    """A table of that schema; texts are taken from the rows of the input table."""
    count = len(columns["user"])
    found: dict[str, Any] = {**columns, "user_id": columns["user"], **more}
    made = [_column(field, found.get(field.name), table, count) for field in schema]
    return pa.table(made, schema=schema)


def _column(field: pa.Field, values: Any, table: pa.Table, count: int) -> Any:
    if values is None:
        return pa.nulls(count, field.type)
    if isinstance(values, str):
        return pa.repeat(pa.scalar(values), count)
    if pa.types.is_string(field.type):
        return table[field.name].take(pa.array(values)).combine_chunks()
    return pa.array(values, field.type)
