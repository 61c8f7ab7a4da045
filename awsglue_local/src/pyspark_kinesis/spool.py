"""Records on their way to the executors: Arrow IPC files in a temporary directory.

The driver writes a file for each GetRecords answer; executors memory-map it. The directory lies in
Spark's own scratch space, so that Spark removes it if this process is killed.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from pyspark_kinesis.records import SCHEMA

# Rows below which batches are joined: each costs the JVM a fixed effort.
_FEW_ROWS: Final = 4_096
# A reader may add a file while the directory is removed; it needs the directory for the next one.
_ATTEMPTS: Final = 5


@dataclass(eq=False)
class Chunk:
    """One file of the spool; `released` counts the rows that the query has committed."""

    path: str
    rows: int
    size: int
    released: int = 0


class Spool:
    """The files of one query; safe to share between threads."""

    def __init__(self, limit: int) -> None:
        parent = os.environ.get("SPARK_LOCAL_DIRS", "").partition(",")[0]
        # Path("") is the current directory: an unset variable must not mean that.
        scratch = parent if parent and Path(parent).is_dir() else None
        self._directory = Path(tempfile.mkdtemp(prefix="kinesis-", dir=scratch))
        self._limit = limit
        self._names = itertools.count()
        self._lock = threading.Lock()
        self._size = 0

    @property
    def full(self) -> bool:
        """Whether readers are to wait until the query has committed some of what lies here."""
        return self._size >= self._limit

    def write(self, batch: pa.RecordBatch) -> Chunk:
        """Keep `batch` until all its rows are released."""
        path = self._directory / f"{next(self._names):08d}.arrow"
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, SCHEMA) as writer:
            writer.write_batch(batch)
        chunk = Chunk(str(path), batch.num_rows, path.stat().st_size)
        with self._lock:
            self._size += chunk.size
        return chunk

    def release(self, chunk: Chunk, rows: int) -> None:
        """Count `rows` of `chunk` as committed; remove it when all are."""
        with self._lock:
            chunk.released += rows
            if chunk.released < chunk.rows:
                return
            self._size -= chunk.size
        Path(chunk.path).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove everything, taking no lock; what is being written then fails."""
        for _ in range(_ATTEMPTS):
            shutil.rmtree(self._directory, ignore_errors=True)
            if not self._directory.exists():
                return


def load(path: str) -> pa.RecordBatch:
    """The batch in a file of the spool, memory-mapped.

    Raises:
        FileNotFoundError: it is gone, or on another host.
    """
    with pa.memory_map(path) as file:
        return pa.ipc.open_file(file).get_batch(0)


def joined(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in the same order, with neighbours of few rows joined."""
    small: list[pa.RecordBatch] = []
    for batch in batches:
        if batch.num_rows >= _FEW_ROWS:
            yield from _concatenated(small)
            small = []
            yield batch
            continue
        small.append(batch)
        if sum(held.num_rows for held in small) >= _FEW_ROWS:
            yield from _concatenated(small)
            small = []
    yield from _concatenated(small)


def _concatenated(batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    if len(batches) > 1:
        yield from pa.Table.from_batches(batches).combine_chunks().to_batches()
    else:
        yield from batches
