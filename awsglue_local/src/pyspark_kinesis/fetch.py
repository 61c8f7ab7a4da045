"""A thread for each shard that reads ahead of the query."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Final, Protocol

from pyspark_kinesis.backlog import Backlog
from pyspark_kinesis.client import KinesisClient
from pyspark_kinesis.cursor import Page, ShardCursor, Start
from pyspark_kinesis.errors import StoppedError
from pyspark_kinesis.options import KinesisOptions
from pyspark_kinesis.records import position_text
from pyspark_kinesis.spool import Spool

# Kinesis answers five reads a second and shard: no point in asking an idle one more often.
_LEAST_IDLE_SECONDS: Final = 0.2
_IDLE_SECONDS: Final = 0.5
_LONG: Final = 60.0


class Listener(Protocol):
    """Who is told what the readers do; called on their threads, without `changed` held."""

    def on_read(self) -> None:
        """A read is done and accounted for."""

    def on_end(self, shard_id: str) -> None:
        """A closed shard was read to its end."""


@dataclass(frozen=True)
class Reading:
    """What the readers of a query share; `changed` guards their state and tells of changes."""

    client: KinesisClient
    options: KinesisOptions
    spool: Spool
    changed: threading.Condition
    stopped: threading.Event


class ShardReader(threading.Thread):
    """Reads one shard into the spool, up to one batch ahead of what is planned.

    `tip` is when the last read began, if it found nothing further (`time.monotonic`), else None.
    """

    def __init__(self, shard_id: str, start: Start, reading: Reading, listener: Listener) -> None:
        super().__init__(name=f"kinesis-{shard_id}", daemon=True)
        self.shard_id = shard_id
        self.backlog = Backlog(shard_id, start.after)
        self.tip: float | None = None
        self.has_read = False
        self.finished = False
        self.error: Exception | None = None
        self._cursor = ShardCursor(shard_id, start, reading.client, reading.options)
        self._reading = reading
        self._listener = listener
        self._wanted = self._begun = 0.0
        self._pause, self._least_pause = 0.0, 0.0

    # Called with `changed` held

    def ask(self, moment: float) -> None:
        """Ask for a read that begins after `moment`, however idle the shard is."""
        self._wanted = moment

    def is_ready(self, since: float) -> bool:
        """Whether waiting longer would bring no further record into a batch planned at `since`."""
        return (
            self.finished
            or self.error is not None
            or self._is_far_enough()
            or (self.tip is not None and self.tip >= since)
        )

    def _is_far_enough(self) -> bool:
        options = self._reading.options
        return self.backlog.rows >= options.records_per_shard or self._reading.spool.full

    def _seconds_to_wait(self) -> float:
        if self._is_far_enough():
            return _LONG
        pause = self._least_pause if self._wanted > self._begun else self._pause
        return self._begun + pause - time.monotonic()

    # The thread

    def run(self) -> None:
        """Read until the shard ends, an error is final, or the query stops."""
        try:
            while not self.finished and self._wait_for_turn():
                self._read()
        except StoppedError:
            pass
        except Exception as error:  # noqa: BLE001 - raised again where the query plans
            self._change(error=error)

    def _wait_for_turn(self) -> bool:
        changed = self._reading.changed
        with changed:
            while not self._reading.stopped.is_set():
                seconds = self._seconds_to_wait()
                if seconds <= 0:
                    return True
                changed.wait(seconds)
        return False

    def _read(self) -> None:
        self._begun = time.monotonic()
        page = self._cursor.next()
        self._keep(page)
        if page.ended:
            # The children are to be there before the query can see that this shard is finished.
            self._listener.on_end(self.shard_id)
            self._change(finished=True)
        self._listener.on_read()

    def _keep(self, page: Page) -> None:
        idle = self._reading.options.idle_seconds
        if page.tip or page.batch is None:
            self._least_pause = max(idle, _LEAST_IDLE_SECONDS)
            self._pause = max(idle, _IDLE_SECONDS if page.tip else _LEAST_IDLE_SECONDS)
        else:
            self._pause = self._least_pause = idle
        chunk = self._reading.spool.write(page.batch) if page.batch is not None else None
        with self._reading.changed:
            if chunk is not None:
                batch = page.batch
                self.backlog.add(chunk, position_text(batch, 0), position_text(batch, -1))
            self.tip = self._begun if page.tip and not page.ended else None
            self.has_read = True
            self._reading.changed.notify_all()

    def _change(self, *, finished: bool = False, error: Exception | None = None) -> None:
        with self._reading.changed:
            self.finished, self.error = finished, error
            self._reading.changed.notify_all()
