"""All shards of a stream: who may be read, who is read, and how far."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Final

from pyspark_kinesis.cursor import Start
from pyspark_kinesis.fetch import Reading, ShardReader
from pyspark_kinesis.loss import lose
from pyspark_kinesis.pieces import Planned
from pyspark_kinesis.positions import StreamOffset
from pyspark_kinesis.shards import Shard, parents_first, startable

_FIRST_READ_SECONDS: Final = 10.0
_JOIN_SECONDS: Final = 1.0


class Fleet:
    """The readers of a query's shards.

    `iterators` are those taken at the tips when the query started at LATEST; `report` is called
    after every read.
    """

    def __init__(
        self,
        reading: Reading,
        offset: StreamOffset,
        iterators: Mapping[str, str],
        report: Callable[[], None],
    ) -> None:
        self._reading = reading
        self._offset = offset
        self._iterators = dict(iterators)
        self._report = report
        self._listing = threading.Lock()
        self._listed_at = 0.0
        self._listed: frozenset[str] = frozenset()
        self._shards: dict[str, Shard] = {}  # the listed ones and all that have a reader
        self._readers: dict[str, ShardReader] = {}
        self._finished = {key for key, shard in offset.shards.items() if shard.closed}

    def refresh(self) -> None:
        """List the shards, if describeShardInterval has passed, and start who may be read."""
        with self._listing:
            if time.monotonic() - self._listed_at >= self._reading.options.list_seconds:
                self._discover()

    def gather(self) -> dict[str, list[Planned]]:
        """The next batch of every shard, waiting for it no longer than maxFetchTimeInMs.

        Raises:
            KinesisError: a reader has failed.
        """
        changed, begun = self._reading.changed, time.monotonic()
        with changed:
            for reader in self._readers.values():
                reader.ask(begun)
            changed.notify_all()
            changed.wait_for(lambda: self._is_ready(begun), self._reading.options.fetch_seconds)
            # A cold start (name service, TLS, credentials) is not to end in an empty batch.
            changed.wait_for(self._has_begun, _FIRST_READ_SECONDS)
            self._raise_failure()
            taken = self._take()
            changed.notify_all()
        return taken

    def in_order(self, shard_ids: Collection[str]) -> list[str]:
        """`shard_ids`, parents before their children; shards that are gone come first."""
        with self._reading.changed:
            known = parents_first(self._shards)
        gone = sorted(set(shard_ids) - set(known))
        return [*gone, *(shard_id for shard_id in known if shard_id in shard_ids)]

    def is_finished(self, shard_id: str) -> bool:
        """Whether the shard is closed and all its records are planned."""
        with self._reading.changed:
            reader = self._readers.get(shard_id)
            return shard_id in self._finished and not (reader and reader.backlog.rows)

    def is_listed(self, shard_id: str) -> bool:
        """Whether the stream still shows the shard."""
        return shard_id in self._listed

    def progress(self) -> tuple[int, float | None]:
        """Records that are read and not planned; when nothing further was found in any shard.

        The latter as `time.monotonic`, None if some shard is not read to its tip.
        """
        with self._reading.changed:
            pending = sum(reader.backlog.rows for reader in self._readers.values())
            waiting = set(self._shards) - self._finished - set(self._readers)
            tips = [r.tip for r in self._readers.values() if not r.finished]
            reached = [tip for tip in tips if tip is not None]
            if waiting or len(reached) < len(tips):
                return pending, None
            return pending, min(reached, default=self._listed_at)

    def join(self) -> None:
        """Wait a little for the readers, which have been told to stop."""
        deadline = time.monotonic() + _JOIN_SECONDS
        for reader in list(self._readers.values()):
            reader.join(max(0.0, deadline - time.monotonic()))

    # What the readers call

    def on_read(self) -> None:
        """A read is done."""
        self._report()

    def on_end(self, shard_id: str) -> None:
        """Count a shard as read to its end, and start its children."""
        with self._listing:
            with self._reading.changed:
                self._finished.add(shard_id)
            self._discover()

    # With the listing lock held

    def _discover(self) -> None:
        shards, _ = self._reading.client.list_shards()
        self._listed_at = time.monotonic()
        with self._reading.changed:
            self._listed = frozenset(shards)
            self._shards = {k: s for k, s in self._shards.items() if k in self._readers} | shards
            self._note_vanished()
            for shard_id in startable(shards, self._finished):
                if shard_id not in self._readers:
                    reader = ShardReader(shard_id, self._start_of(shard_id), self._reading, self)
                    self._readers[shard_id] = reader
                    reader.start()

    def _start_of(self, shard_id: str) -> Start:
        known = self._offset.shards.get(shard_id)
        if known is None:  # appeared after the query had started: all its records count
            return Start()
        if known.at:
            return Start(after=known.at)
        moment = self._offset.origin_timestamp()
        kind = "TRIM_HORIZON" if moment is None else "AT_TIMESTAMP"
        iterator = self._iterators.pop(shard_id, None)
        return Start(kind=kind, timestamp=moment, iterator=iterator)

    def _note_vanished(self) -> None:
        """Shards that the checkpoint knows as unread, and that have left the stream."""
        for shard_id in self._offset.shards:
            unread = shard_id not in self._finished and shard_id not in self._readers
            if not unread or shard_id in self._shards:
                continue
            lose(self._reading.options, shard_id, "known to the checkpoint, gone from the stream")
            self._finished.add(shard_id)

    # With `changed` held

    def _is_ready(self, since: float) -> bool:
        readers = self._readers.values()
        return any(r.error for r in readers) or all(r.is_ready(since) for r in readers)

    def _has_begun(self) -> bool:
        return all(r.has_read or r.error or r.finished for r in self._readers.values())

    def _raise_failure(self) -> None:
        error = next((r.error for r in self._readers.values() if r.error), None)
        if error is not None:
            raise error

    def _take(self) -> dict[str, list[Planned]]:
        taken: dict[str, list[Planned]] = {}
        unplanned: set[str] = set()  # shards with records left over, and all their descendants
        for shard_id in parents_first(self._shards):
            if not unplanned.isdisjoint(self._shards[shard_id].parents):
                unplanned.add(shard_id)
                continue
            reader = self._readers.get(shard_id)
            if reader is None:
                continue
            planned = reader.backlog.take(self._reading.options.records_per_shard)
            if planned:
                taken[shard_id] = planned
            if reader.backlog.rows:
                unplanned.add(shard_id)
        return taken
