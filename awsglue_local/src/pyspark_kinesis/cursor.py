"""One shard, page by page, whatever happens to its iterators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from pyspark_kinesis.client import KinesisClient
from pyspark_kinesis.errors import ExpiredIteratorError, PositionGoneError
from pyspark_kinesis.loss import lose
from pyspark_kinesis.options import KinesisOptions
from pyspark_kinesis.positions import Position
from pyspark_kinesis.records import position_text, rows_before, rows_through, to_batch


class Start(NamedTuple):
    """Where reading begins: at `first` or behind `after` if set, else where the others say."""

    after: str | None = None
    first: str | None = None
    kind: str = "TRIM_HORIZON"
    timestamp: float | None = None
    iterator: str | None = None


class Page(NamedTuple):
    """What one read gave. `tip`: nothing further was there. `ended`: nothing will ever follow."""

    batch: pa.RecordBatch | None
    tip: bool
    ended: bool


class ShardCursor:
    """Walks through a shard; not to be shared between threads."""

    def __init__(
        self, shard_id: str, start: Start, client: KinesisClient, options: KinesisOptions
    ) -> None:
        self._shard_id = shard_id
        self._start = start
        self._client = client
        self._options = options
        self._iterator = start.iterator
        self._resume = start.first or start.after
        self._last_read: str | None = None
        self._expired = 0

    def next(self) -> Page:
        """The next page.

        Raises:
            DataLossError: records are missing, and the option failOnDataLoss is set.
            KinesisRequestError: Kinesis refused, or did not answer.
        """
        limit = self._options.records_per_read
        try:
            self._iterator = self._iterator or self._open()
            answer = self._client.get_records(self._shard_id, self._iterator, limit)
        except ExpiredIteratorError:
            return self._after_expiry()
        except PositionGoneError as error:
            if error.code != "ResourceNotFoundException":
                raise
            self._lose("the shard is gone from the stream", error)
            return Page(None, tip=False, ended=True)
        self._expired = 0
        self._iterator = answer.get("NextShardIterator")
        records = answer["Records"]
        # A full page counts as "more to come" even where the server says zero milliseconds behind.
        tip = not answer.get("MillisBehindLatest") and len(records) < limit
        return Page(self._unread(records), tip, ended=not self._iterator)

    def _open(self) -> str:
        start = self._start
        if self._last_read is not None:
            return self._iterator_behind("AFTER_SEQUENCE_NUMBER", self._last_read)
        if self._resume is not None:
            # At, not after: that the record is still there shows that nothing was trimmed.
            return self._iterator_behind("AT_SEQUENCE_NUMBER", self._resume)
        return self._client.iterator_at(self._shard_id, start.kind, start.timestamp)

    def _iterator_behind(self, kind: str, text: str) -> str:
        sequence = text.partition(":")[0]
        try:
            return self._client.iterator_at(self._shard_id, kind, sequence)
        except PositionGoneError as error:
            self._lose(f"the record {text} is gone from the shard", error)
            self._resume = None
            return self._client.iterator_at(self._shard_id, "TRIM_HORIZON")

    def _after_expiry(self) -> Page:
        self._iterator = None
        self._expired += 1
        if self._expired > self._options.retries:
            where = f"stream {self._options.stream_name}, shard {self._shard_id}"
            advice = f"Gave up after {self._options.retries} new ones (option numRetries)."
            raise ExpiredIteratorError(where, "ExpiredIteratorException", "every iterator", advice)
        return Page(None, tip=False, ended=False)

    def _unread(self, records: Sequence[dict[str, Any]]) -> pa.RecordBatch | None:
        if not records:
            return None
        batch = to_batch(records, self._options.stream_name)
        self._last_read = records[-1]["SequenceNumber"]
        if self._resume is not None and batch.num_rows:
            batch = self._from_resume(batch, self._resume)
            self._resume = None
        return batch if batch.num_rows else None

    def _from_resume(self, batch: pa.RecordBatch, resume: str) -> pa.RecordBatch:
        found = position_text(batch, 0)
        if Position.of(found).sequence > Position.of(resume).sequence:
            self._lose(f"the oldest record is {found}, behind {resume}, where reading resumes")
        count = rows_before if self._start.first else rows_through
        return batch.slice(count(batch, resume))

    def _lose(self, what: str, cause: Exception | None = None) -> None:
        lose(self._options, self._shard_id, what, cause)
