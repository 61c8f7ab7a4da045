"""The records of a piece, exactly the same ones again, from Kinesis."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from pyspark_kinesis.client import KinesisClient
from pyspark_kinesis.cursor import ShardCursor, Start
from pyspark_kinesis.loss import lose
from pyspark_kinesis.options import KinesisOptions
from pyspark_kinesis.pieces import Piece
from pyspark_kinesis.positions import Position
from pyspark_kinesis.records import position_text, rows_through


def replay(
    piece: Piece, client: KinesisClient, options: KinesisOptions
) -> Iterator[pa.RecordBatch]:
    """The records of `piece`.

    Raises:
        DataLossError: some are gone, and the option failOnDataLoss is set.
    """
    rows = 0
    for batch, is_last in _pages(piece, client, options):
        part = batch.slice(0, rows_through(batch, piece.last)) if is_last else batch
        rows += part.num_rows
        yield part
        if is_last:
            break
    else:
        lose(options, piece.shard_id, f"record {piece.last} of a planned batch is gone")
    if piece.rows not in (None, rows):
        lose(options, piece.shard_id, f"{rows} of {piece.rows} planned records were found again")


def _pages(
    piece: Piece, client: KinesisClient, options: KinesisOptions
) -> Iterator[tuple[pa.RecordBatch, bool]]:
    """Pages from the piece's beginning on, and whether one holds its end."""
    start = Start(first=piece.first) if piece.first else Start(after=piece.after)
    cursor = ShardCursor(piece.shard_id, start, client, options)
    last = Position.of(piece.last)
    while True:
        page = cursor.next()
        if page.batch is not None:
            yield page.batch, Position.of(position_text(page.batch, -1)) >= last
        if page.tip or page.ended:
            return
