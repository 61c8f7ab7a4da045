"""GetRecords answers as Arrow batches in the source's schema."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pybase64 import b64decode

from pyspark_kinesis.kpl import MAGIC, user_records
from pyspark_kinesis.positions import Position

SCHEMA: Final = pa.schema(
    [
        ("data", pa.binary()),
        ("streamName", pa.string()),
        ("partitionKey", pa.string()),
        ("sequenceNumber", pa.string()),
        ("approximateArrivalTimestamp", pa.timestamp("us", tz="UTC")),
    ]
)
_SEQUENCE: Final = SCHEMA.get_field_index("sequenceNumber")


def to_batch(records: Sequence[dict[str, Any]], stream: str) -> pa.RecordBatch:
    """One row per user record of GetRecords' `Records`, in their order."""
    data = [b64decode(record["Data"], None, True) for record in records]
    keys = [record["PartitionKey"] for record in records]
    sequences = [record["SequenceNumber"] for record in records]
    # Kinesis gives seconds with three decimals; rounding undoes what floats do to them.
    millis = np.rint(np.array([r["ApproximateArrivalTimestamp"] for r in records]) * 1_000)
    if any(payload[:4] == MAGIC for payload in data):
        data, keys, sequences, repeats = _unpacked(data, keys, sequences)
        millis = np.repeat(millis, repeats)
    times = pa.py_buffer(millis.astype(np.int64) * 1_000)
    columns = [
        pa.array(data, pa.binary()),
        pa.repeat(pa.scalar(stream), len(data)),
        pa.array(keys, pa.string()),
        pa.array(sequences, pa.string()),
        pa.Array.from_buffers(pa.timestamp("us", tz="UTC"), len(data), [None, times]),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def _unpacked(
    data: list[bytes], keys: list[str], sequences: list[str]
) -> tuple[list[bytes], list[str], list[str], list[int]]:
    """The columns with every aggregate replaced by its user records, and rows per record."""
    rows: list[tuple[bytes, str, str]] = []
    repeats: list[int] = []
    for payload, key, sequence in zip(data, keys, sequences, strict=True):
        users = user_records(payload)
        if users is None:
            rows.append((payload, key, sequence))
        else:
            rows.extend((body, k, f"{sequence}:{n}") for n, (k, body) in enumerate(users))
        repeats.append(1 if users is None else len(users))
    if not rows:
        return [], [], [], repeats
    out_data, out_keys, out_sequences = map(list, zip(*rows, strict=True))
    return out_data, out_keys, out_sequences, repeats


def position_text(batch: pa.RecordBatch, row: int) -> str:
    """The `sequenceNumber` of `row`."""
    text: str = batch.column(_SEQUENCE)[row].as_py()
    return text


class _Rows(Sequence[str]):
    """The `sequenceNumber` column for bisection: only the rows looked at become Python text."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._column = batch.column(_SEQUENCE)

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, row: Any) -> Any:
        return self._column[row].as_py()


def rows_before(batch: pa.RecordBatch, text: str) -> int:
    """How many leading rows stand before the position `text`."""
    return bisect_left(_Rows(batch), Position.of(text), key=Position.of)


def rows_through(batch: pa.RecordBatch, text: str) -> int:
    """How many leading rows stand before or at the position `text`."""
    return bisect_right(_Rows(batch), Position.of(text), key=Position.of)
