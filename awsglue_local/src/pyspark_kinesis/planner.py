"""Plans batches: what Spark's questions to a stream reader come down to."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyspark_kinesis.client import KinesisClient, Transport
from pyspark_kinesis.fetch import Reading
from pyspark_kinesis.fleet import Fleet
from pyspark_kinesis.options import KinesisOptions
from pyspark_kinesis.pieces import Piece, Planned, balanced, chain
from pyspark_kinesis.positions import Position, ShardOffset, StreamOffset
from pyspark_kinesis.records import position_text
from pyspark_kinesis.spool import Spool, load
from pyspark_kinesis.status import StatusFile

Tasks = list[tuple[Piece, ...]]


@dataclass
class _Query:
    """A query that has begun: where, how far it is planned and committed, and its readers."""

    initial: StreamOffset
    end: StreamOffset
    fleet: Fleet
    committed: StreamOffset | None = None


class Planner:
    """The state of one query on the driver; its methods are called by one thread."""

    def __init__(self, options: KinesisOptions, transport: Transport) -> None:
        stopped = threading.Event()
        self._options = options
        self._reading = Reading(
            KinesisClient(options, transport, stopped),
            options,
            Spool(options.spool_bytes),
            threading.Condition(),
            stopped,
        )
        self._status = StatusFile(options.stream_name)
        self._query: _Query | None = None
        self._planned: dict[str, list[Planned]] = defaultdict(list)

    def initial(self) -> StreamOffset:
        """Where the query starts; frozen at the first call, or by the batch in the checkpoint."""
        return self._begun().initial

    def latest(self) -> StreamOffset:
        """The end of the next batch: records up to there are read. The last end, if none are."""
        query = self._begun()
        query.fleet.refresh()
        # In one piece: a reader's report must never see records neither pending nor planned.
        with self._reading.changed:
            taken = query.fleet.gather()
            if taken:
                query.end = _advanced(query, taken)
            for shard_id, planned in taken.items():
                self._planned[shard_id].extend(planned)
        self._report()
        return query.end

    def partitions(self, start: Mapping[str, Any], end: Mapping[str, Any]) -> Tasks:
        """The tasks that read what lies between two offsets.

        Spark calls this first after a restart, with the last offset of the checkpoint twice.
        """
        begin, stop = self._offset(start), self._offset(end)
        query = self._begun(stop)
        if begin != stop and query.committed == stop:
            query.committed = None  # a restart begins with the batch that was under way
        local: list[Piece] = []
        ranges: Tasks = []
        for shard_id in query.fleet.in_order(stop.shards):
            low, high = begin.shards.get(shard_id, ShardOffset()), stop.shards[shard_id]
            if high.at is None or high.at == low.at:
                continue
            pieces = chain(self._planned[shard_id], low.at, high.at)
            if pieces is not None:
                local.extend(pieces)
            else:
                first = high.first if low.at is None else None
                ranges.append((Piece(shard_id, high.at, first, low.at),))
        return balanced(local, self._options.partitions, _text_at) + ranges

    def commit(self, end: Mapping[str, Any]) -> None:
        """Let go of all records up to `end`."""
        query = self._begun()
        query.committed = self._offset(end)
        for shard_id, shard in query.committed.shards.items():
            if shard.at and shard_id in self._planned:
                self._release(shard_id, Position.of(shard.at))
        self._wake()
        self._report()

    def stop(self) -> None:
        """End all threads and remove all files; may be called twice."""
        self._reading.stopped.set()
        self._wake()
        if self._query is not None:
            self._query.fleet.join()
        self._reading.client.close()
        self._reading.spool.close()
        self._status.close()

    def abandon(self) -> None:
        """Remove all files, taking no lock: for a process that is about to die."""
        self._reading.spool.close()
        self._status.remove()

    def _begun(self, seen: StreamOffset | None = None) -> _Query:
        """The query, begun behind `seen` if this is the first call."""
        if self._query is None:
            iterators: Mapping[str, str] = {}
            start = seen
            if start is None:
                start, iterators = first_offset(self._reading.client, self._options)
            fleet = Fleet(self._reading, start, iterators, self._report)
            self._query = _Query(start.initial(), start, fleet, committed=seen)
            fleet.refresh()
        return self._query

    def _offset(self, found: Mapping[str, Any]) -> StreamOffset:
        return StreamOffset.from_json(found, self._options.stream_name)

    def _release(self, shard_id: str, through: Position) -> None:
        planned = self._planned[shard_id]
        done = [item for item in planned if Position.of(item.piece.last) <= through]
        del planned[: len(done)]
        for item in done:
            self._reading.spool.release(item.chunk, item.piece.rows or 0)

    def _wake(self) -> None:
        with self._reading.changed:
            self._reading.changed.notify_all()

    def _report(self) -> None:
        query = self._query
        if query is None or not self._status.is_wanted:
            return
        with self._reading.changed:
            pending, tip = query.fleet.progress()
            end, committed = query.end, query.committed
        self._status.write(end, committed, pending, tip)


def first_offset(
    client: KinesisClient, options: KinesisOptions
) -> tuple[StreamOffset, dict[str, str]]:
    """Where a query without a checkpoint starts, and iterators at the tips for LATEST.

    The time that LATEST is frozen at is the server's, in whole seconds rounded down and taken
    before the iterators: after a crash a few records too many may come, never one too few.
    """
    shards, now = client.list_shards()
    name, starting = options.stream_name, options.starting
    if starting.kind != "LATEST":
        moment = "" if starting.timestamp is None else f" {starting.timestamp!r}"
        return StreamOffset(name, starting.kind + moment, dict.fromkeys(shards, ShardOffset())), {}
    offsets = {key: ShardOffset(closed=shard.closed) for key, shard in shards.items()}
    unended = [key for key, shard in shards.items() if not shard.closed]
    iterators = {key: client.iterator_at(key, "LATEST") for key in unended}
    return StreamOffset(name, f"LATEST {now!r}", offsets), iterators


def _advanced(query: _Query, taken: Mapping[str, list[Planned]]) -> StreamOffset:
    """The query's end, moved by the records taken; shards long gone are dropped from it."""
    shards = dict(query.end.shards)
    committed = query.committed.shards if query.committed else {}
    for shard_id, planned in taken.items():
        known = shards.get(shard_id, ShardOffset())
        first = known.first if known.at else planned[0].piece.first
        if committed.get(shard_id, ShardOffset()).at:
            first = None  # no batch can start at the shard's origin any more
        shards[shard_id] = ShardOffset(planned[-1].piece.last, first)
    for shard_id in list(shards):
        if query.fleet.is_finished(shard_id):
            shards[shard_id] = replace(shards[shard_id], closed=True)
            if not query.fleet.is_listed(shard_id) and shard_id not in taken:
                del shards[shard_id]
    return replace(query.end, shards=shards)


def _text_at(path: str, row: int) -> str:
    return position_text(load(path), row)
