"""One shard of one mapping: read, filter, invoke, in order."""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait

from localaws.mappings.events import filter_view
from localaws.mappings.lane import Lane
from localaws.mappings.records import Batch, Discard, Invoke, NotReached, Outcome, WaitUntil
from localaws.mappings.settings import MappingSettings
from localaws.mappings.sources import Reader

_LOGGER = logging.getLogger(__name__)
# AWS polls each shard four times a second; here an answer costs a few ms of one machine's CPU.
POLL_SECONDS = 0.05
# Enough for the next batch of every lane; what is not read yet waits in the stream.
_BUFFERED_BATCHES = 2


class ShardLoop:
    """Moves one shard's records to the function.

    With a parallelization factor the records are dealt to that many lanes by key, so that those
    of one key stay in order.

    Attributes:
        finished: the shard is closed, read to its end, and every record is done.
        caught_up_at: start of the latest read that found nothing while nothing was in hand.
    """

    def __init__(
        self,
        settings: MappingSettings,
        reader: Reader,
        function: Callable[[Batch], Outcome],
        give_up: Callable[[Discard], None],
        clock: Callable[[], float],
        executor: Executor,
    ) -> None:
        self.settings = settings
        self.finished = False
        self.caught_up_at: float | None = None
        self.discarded = 0
        self._reader = reader
        self._function = function
        self._give_up = give_up
        self._clock = clock
        self._executor = executor
        self._lanes = [Lane(settings) for _ in range(settings.parallelization)]
        self._running: dict[Future[Outcome], Lane] = {}
        self._ended = False

    @property
    def pending(self) -> int:
        """Records read that are not done."""
        return sum(len(lane) for lane in self._lanes)

    def update(self, settings: MappingSettings) -> None:
        """Go on with changed settings; the number of lanes stays."""
        self.settings = settings
        for lane in self._lanes:
            lane.settings = settings

    def run(self, stop: threading.Event) -> None:
        """Work until the shard is finished or `stop` is set."""
        while not stop.is_set() and not self.finished:
            if not self.settings.enabled:
                stop.wait(POLL_SECONDS)
                continue
            read = self.read()
            pause = self.dispatch()
            self._wait(0.0 if read else pause, stop)
            self.collect()

    def read(self) -> int:
        """Read more when there is room; returns how many records came."""
        room = self.settings.batch_size * len(self._lanes) * _BUFFERED_BATCHES
        if self._ended or self.pending > room:
            return 0
        started = self._clock()
        records, self._ended = self._reader.read()
        kept = [r for r in records if self.settings.filters(filter_view(r.event))]
        for record in kept:
            self._lane(record.key).add(record, self._clock())
        if not records and not self.pending:
            self.caught_up_at = started
        return len(records)

    def dispatch(self) -> float:
        """Start what is due; returns the seconds until something may be due again."""
        pause = POLL_SECONDS
        for lane in self._lanes:
            step = lane.next(self._clock(), flush=self._ended)
            while isinstance(step, Discard):
                self._discard(step)
                step = lane.next(self._clock(), flush=self._ended)
            if isinstance(step, Invoke):
                self._running[self._executor.submit(self._function, step.batch)] = lane
            elif isinstance(step, WaitUntil):
                pause = min(pause, max(step.time - self._clock(), 0.001))
        self.finished = self._ended and not self.pending
        return pause

    def collect(self) -> None:
        """Take the results of the invocations that are done."""
        for future in [future for future in self._running if future.done()]:
            error = future.exception()
            outcome = future.result() if error is None else NotReached(repr(error))
            discard = self._running.pop(future).answer(outcome, self._clock())
            if discard is not None:
                self._discard(discard)

    def _wait(self, pause: float, stop: threading.Event) -> None:
        if self._running:
            wait(self._running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        elif pause:
            stop.wait(pause)

    def _lane(self, key: str) -> Lane:
        return self._lanes[zlib.crc32(key.encode()) % len(self._lanes)]

    def _discard(self, discard: Discard) -> None:
        self.discarded += len(discard.batch.records)
        _LOGGER.warning(
            "mapping %s: gave up %d records (%s) from %s: %s",
            self.settings.uuid,
            len(discard.batch.records),
            discard.condition,
            discard.batch.records[0].sequence_number,
            discard.batch.last,
        )
        self._give_up(discard)
