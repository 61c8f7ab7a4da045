"""Records of a shard that are read and not yet planned."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from pyspark_kinesis.pieces import Piece, Planned
from pyspark_kinesis.records import position_text
from pyspark_kinesis.spool import Chunk, load


class _Held(NamedTuple):
    chunk: Chunk
    offset: int
    first: str
    last: str


class Backlog:
    """The files of one shard in order; `rows` counts the records in them that are not planned."""

    def __init__(self, shard_id: str, planned_to: str | None) -> None:
        self.rows = 0
        self._shard_id = shard_id
        self._planned_to = planned_to
        self._held: deque[_Held] = deque()

    def add(self, chunk: Chunk, first: str, last: str) -> None:
        """Append a file whose rows run from `first` to `last`."""
        self._held.append(_Held(chunk, 0, first, last))
        self.rows += chunk.rows

    def take(self, limit: int) -> list[Planned]:
        """The next records, exactly `limit` if so many are here."""
        taken: list[Planned] = []
        while self._held and limit > 0:
            held = self._next(limit)
            rows = min(limit, held.chunk.rows - held.offset)
            piece = Piece(
                self._shard_id, held.last, held.first, None, rows, held.chunk.path, held.offset
            )
            taken.append(Planned(piece, held.chunk, self._planned_to))
            self._planned_to = held.last
            self.rows -= rows
            limit -= rows
        return taken

    def _next(self, limit: int) -> _Held:
        """Take the next file off, or its first `limit` rows."""
        held = self._held.popleft()
        end = held.offset + limit
        if end >= held.chunk.rows:
            return held
        batch = load(held.chunk.path)
        self._held.appendleft(_Held(held.chunk, end, position_text(batch, end), held.last))
        return held._replace(last=position_text(batch, end - 1))
