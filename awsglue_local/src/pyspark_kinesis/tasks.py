"""What an executor does: the records of a task, from the spool if it can."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from pyspark_kinesis.options import KinesisOptions
from pyspark_kinesis.pieces import Piece
from pyspark_kinesis.spool import joined, load

if TYPE_CHECKING:
    from pyspark_kinesis.client import KinesisClient, Transport


def read_task(
    pieces: Iterable[Piece],
    options: KinesisOptions,
    connect: Callable[[KinesisOptions], Transport] | None = None,
) -> Iterator[pa.RecordBatch]:
    """The records of `pieces`, in their order; connects only if the spool lacks some.

    Raises:
        DataLossError: some are gone, and the option failOnDataLoss is set.
    """

    @cache
    def client() -> KinesisClient:
        return _client(options, connect)

    return joined(batch for piece in pieces for batch in _batches(piece, options, client))


def _batches(
    piece: Piece, options: KinesisOptions, client: Callable[[], KinesisClient]
) -> Iterator[pa.RecordBatch]:
    batch = _spooled(piece)
    if batch is not None:
        yield batch
        return
    from pyspark_kinesis.replay import replay

    yield from replay(piece, client(), options)


def _spooled(piece: Piece) -> pa.RecordBatch | None:
    if piece.path is None:
        return None
    try:
        return load(piece.path).slice(piece.offset, piece.rows)
    except FileNotFoundError:
        return None


def _client(
    options: KinesisOptions, connect: Callable[[KinesisOptions], Transport] | None
) -> KinesisClient:
    # Imported late: botocore costs a worker a tenth of a second that few workers need.
    from pyspark_kinesis.client import KinesisClient
    from pyspark_kinesis.transport import SignedTransport

    return KinesisClient(options, (connect or SignedTransport)(options), threading.Event())
