"""Batches cut into tasks, and the spool under them."""

from __future__ import annotations

import tempfile
from itertools import accumulate, pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark_kinesis.backlog import Backlog
from pyspark_kinesis.pieces import Piece, balanced, chain
from pyspark_kinesis.records import SCHEMA, to_batch
from pyspark_kinesis.spool import Spool, joined, load

TASK = 8_192  # rows worth a task


def piece(name: str, rows: int) -> Piece:
    return Piece(name, f"{name}:{rows - 1}", f"{name}:0", None, rows, name)


def text_at(path: str, row: int) -> str:
    return f"{path}:{row}"


@settings(deadline=None)
@given(st.lists(st.integers(1, 4 * TASK), min_size=1, max_size=6), st.integers(1, 5))
def test_every_row_is_in_exactly_one_task_and_in_order(sizes: list[int], tasks: int) -> None:
    pieces = [piece(str(n), rows) for n, rows in enumerate(sizes)]
    runs = balanced(pieces, tasks, text_at)
    flat = [part for run in runs for part in run]
    rows = [(part.path, part.offset + n) for part in flat for n in range(part.rows or 0)]
    assert rows == [(p.path, n) for p in pieces for n in range(p.rows or 0)]
    assert len(runs) <= tasks
    for part in flat:
        assert part.first == f"{part.path}:{part.offset}"
        assert part.last == f"{part.path}:{part.offset + (part.rows or 0) - 1}"


def test_large_batches_are_cut_evenly_and_small_ones_not_at_all() -> None:
    sizes = [[p.rows for p in run] for run in balanced([piece("a", 3 * TASK)], 2, text_at)]
    assert sizes == [[TASK * 3 // 2], [TASK * 3 // 2]]
    assert len(balanced([piece("a", 100), piece("b", 100)], 2, text_at)) == 1
    assert balanced([], 2, text_at) == []


def batch_of(first: int, count: int) -> pa.RecordBatch:
    return to_batch(
        [
            {
                "SequenceNumber": str(n),
                "ApproximateArrivalTimestamp": 0.0,
                "Data": "",
                "PartitionKey": "",
            }
            for n in range(first, first + count)
        ],
        "orders",
    )


@pytest.fixture
def spool() -> Spool:
    return Spool(1_000_000)


def test_a_backlog_gives_exactly_the_rows_asked_for(spool: Spool) -> None:
    backlog = Backlog("s", "99")
    for first in (100, 105):
        backlog.add(spool.write(batch_of(first, 5)), str(first), str(first + 4))
    taken = [backlog.take(3), backlog.take(4), backlog.take(9)]
    spans = [[(p.piece.first, p.piece.last, p.piece.rows) for p in part] for part in taken]
    assert spans == [
        [("100", "102", 3)],
        [("103", "104", 2), ("105", "106", 2)],
        [("107", "109", 3)],
    ]
    assert [p.before for part in taken for p in part] == ["99", "102", "104", "106"]
    assert backlog.rows == 0
    everything = [p for part in taken for p in part]
    assert chain(everything, "102", "106") == [p.piece for p in taken[1]]
    assert chain(everything, None, "106") is None
    assert chain(everything, "102", "200") is None
    spool.close()


def test_a_file_leaves_the_spool_when_all_its_rows_are_released(spool: Spool) -> None:
    chunk = spool.write(batch_of(0, 5))
    spool.release(chunk, 2)
    assert load(chunk.path).num_rows == 5
    spool.release(chunk, 3)
    assert not Path(chunk.path).exists()
    spool.close()
    assert not Path(chunk.path).parent.exists()


def test_the_spool_is_full_at_its_limit_and_lies_in_sparks_scratch_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_LOCAL_DIRS", f"{tmp_path},/elsewhere")
    spool = Spool(10)
    assert not spool.full
    chunk = spool.write(batch_of(0, 5))
    assert Path(chunk.path).parent.parent == tmp_path
    assert spool.full
    spool.release(chunk, 5)
    assert not spool.full


@pytest.mark.parametrize("scratch", [None, "", "/no/such/folder"])
def test_without_sparks_scratch_space_the_spool_lies_in_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: str | None
) -> None:
    monkeypatch.delenv("SPARK_LOCAL_DIRS", raising=False)
    if scratch is not None:
        monkeypatch.setenv("SPARK_LOCAL_DIRS", scratch)
    temporary, current = tmp_path / "temporary", tmp_path / "current"
    temporary.mkdir()
    current.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.chdir(current)
    spool = Spool(10)
    assert len(list(temporary.glob("kinesis-*"))) == 1
    assert list(current.iterdir()) == []
    spool.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 5_000), max_size=6))
def test_joining_keeps_rows_and_order(everything: pa.RecordBatch, sizes: list[int]) -> None:
    edges = [0, *accumulate(sizes)]
    out = list(joined(everything.slice(low, high - low) for low, high in pairwise(edges)))
    rows = pa.Table.from_batches(out, SCHEMA)["sequenceNumber"].combine_chunks()
    assert rows.equals(everything.slice(0, edges[-1])["sequenceNumber"])
    assert all(batch.num_rows >= 4_096 for batch in out[:-1]) or max(sizes) >= 4_096


@pytest.fixture(scope="module")
def everything() -> pa.RecordBatch:
    """30,000 records."""
    return batch_of(1, 30_000)
