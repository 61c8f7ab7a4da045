"""What a planned batch consists of, and how it is cut into tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from pyspark_kinesis.spool import Chunk

# A task of its own costs more than reading so few rows.
_ROWS_WORTH_A_TASK: Final = 8_192


@dataclass(frozen=True)
class Piece:
    """Consecutive records of one shard: those in a file of the spool, and where to read them again.

    They run from `first` (or, without it, from behind `after`) through `last`. `rows` is None when
    only Kinesis knows how many they are.
    """

    shard_id: str
    last: str
    first: str | None = None
    after: str | None = None
    rows: int | None = None
    path: str | None = None
    offset: int = 0


@dataclass(frozen=True)
class Planned:
    """A piece that is not committed, its file, and the position `before` it."""

    piece: Piece
    chunk: Chunk
    before: str | None


def chain(planned: Sequence[Planned], start: str | None, end: str) -> list[Piece] | None:
    """The pieces that are exactly (start, end]; None when the driver does not hold all of them."""
    begin = next((i for i, item in enumerate(planned) if item.before == start), None)
    stop = next((i for i, item in enumerate(planned) if item.piece.last == end), None)
    if begin is None or stop is None or stop < begin:
        return None
    return [item.piece for item in planned[begin : stop + 1]]


TextAt = Callable[[str, int], str]


def balanced(pieces: Sequence[Piece], tasks: int, text_at: TextAt) -> list[tuple[Piece, ...]]:
    """`pieces` in their order, cut into at most `tasks` runs of about the same number of rows.

    `text_at(path, row)` gives the sequence number in a row of a file.
    """
    total = sum(piece.rows or 0 for piece in pieces)
    count = max(1, min(tasks, total // _ROWS_WORTH_A_TASK))
    edges = [round(total * task / count) for task in range(count + 1)]
    runs = [_within(pieces, low, high, text_at) for low, high in pairwise(edges)]
    return [run for run in runs if run]


def _within(pieces: Sequence[Piece], low: int, high: int, text_at: TextAt) -> tuple[Piece, ...]:
    """The part of the pieces' rows that is numbered `low` to `high`."""
    found, begin = [], 0
    for piece in pieces:
        rows = piece.rows or 0
        start, stop = max(low - begin, 0), min(high - begin, rows)
        if start < stop:
            found.append(_cut(piece, start, stop, text_at))
        begin += rows
    return tuple(found)


def _cut(piece: Piece, start: int, stop: int, text_at: TextAt) -> Piece:
    path, offset = piece.path or "", piece.offset + start
    first = piece.first if start == 0 else text_at(path, offset)
    last = piece.last if stop == piece.rows else text_at(path, piece.offset + stop - 1)
    return replace(piece, first=first, last=last, rows=stop - start, offset=offset)
