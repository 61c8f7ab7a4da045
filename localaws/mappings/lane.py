"""The order of work on one shard, or on one group of its keys: a state machine without I/O.

The caller asks `next` what to do at a time and reports with `answer` what became of an invocation;
the lane holds the records in order, and works on one batch at a time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import takewhile

from localaws.mappings.answers import first_failure
from localaws.mappings.records import (
    Batch,
    Discard,
    Invoke,
    NotReached,
    Outcome,
    Step,
    StreamRecord,
    WaitUntil,
)
from localaws.mappings.settings import MappingSettings

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_ENVELOPE = len('{"Records": []}')


def pause(failures: int) -> float:
    """Seconds before the next try after so many failures in a row: 0.1 doubled up to 5.

    AWS backs off too, and does not say how.
    """
    return float(min(_FIRST_PAUSE * 2 ** min(failures - 1, 10), _LONGEST_PAUSE))


class Lane:
    """Records in order on their way to the function.

    Source: AWS Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB", polling and
    batching streams, and error handling.
    """

    def __init__(self, settings: MappingSettings) -> None:
        self.settings = settings
        self._pending: deque[tuple[StreamRecord, float]] = deque()
        self._batches: deque[Batch] = deque()
        self.in_flight = False

    def __len__(self) -> int:
        """Records that are not done; other threads ask too, hence the copy."""
        return len(self._pending) + sum(len(b.records) for b in tuple(self._batches))

    def add(self, record: StreamRecord, now: float) -> None:
        """Take a record that was read at `now`, epoch seconds."""
        self._pending.append((record, now))

    def next(self, now: float, flush: bool = False) -> Step:
        """What to do now; `flush` sends what there is without waiting for the window's end.

        `Invoke` must be followed by `answer`; `Discard` is done with when it is returned.
        """
        if self.in_flight:
            return None
        if not self._batches:
            return self._open_batch(now, flush)
        batch = self._batches[0]
        expired = self._expired(batch, now)
        if expired:
            return self._give_up_expired(batch, expired)
        if now < batch.not_before:
            return WaitUntil(batch.not_before)
        self.in_flight = True
        return Invoke(batch)

    def answer(self, outcome: Outcome, now: float) -> Discard | None:
        """Take the result of the invocation in flight."""
        self.in_flight = False
        batch = self._batches.popleft()
        if isinstance(outcome, NotReached):
            tries = batch.unreached + 1
            self._batches.appendleft(replace(batch, unreached=tries, not_before=now + pause(tries)))
            return None
        failed = first_failure(batch, outcome, self.settings.report_failures)
        if failed is None:
            return None
        tried = replace(
            batch, invocations=batch.invocations + 1, unreached=0, last=outcome, not_before=0.0
        )
        return self._after_failure(tried, failed, now)

    def _open_batch(self, now: float, flush: bool) -> Step:
        if not self._pending:
            return None
        count, full = self._fitting()
        due = self._pending[0][1] + self.settings.window
        if not (full or flush or now >= due):
            return WaitUntil(due)
        records = tuple(self._pending.popleft()[0] for _ in range(count))
        self._batches.append(Batch(records))
        return self.next(now)

    def _fitting(self) -> tuple[int, bool]:
        """How many pending records fit in one batch, and whether it is full with them."""
        size = _ENVELOPE
        for count, (record, _) in enumerate(self._pending):
            size += record.size + 2
            if count and size > self.settings.payload_limit:
                return count, True
            if count + 1 == self.settings.batch_size:
                return count + 1, True
        return len(self._pending), False

    def _expired(self, batch: Batch, now: float) -> int:
        limit = self.settings.maximum_age
        if limit < 0:
            return 0
        old = takewhile(lambda record: now - record.arrived_at > limit, batch.records)
        return sum(1 for _ in old)

    def _give_up_expired(self, batch: Batch, count: int) -> Discard:
        self._batches.popleft()
        self._put_back(replace(batch, records=batch.records[count:]))
        return Discard(replace(batch, records=batch.records[:count]), "RecordAgeExceeded")

    def _after_failure(self, batch: Batch, failed: int, now: float) -> Discard | None:
        rest = replace(batch, records=batch.records[failed:])
        if self.settings.bisect and failed:
            self._put_back(rest)
            return None
        if self.settings.bisect and len(rest.records) > 1:
            # A failure of the first record would otherwise take the good ones behind it along.
            middle = (len(rest.records) + 1) // 2
            self._put_back(replace(rest, records=rest.records[middle:]))
            self._put_back(replace(rest, records=rest.records[:middle]))
            return None
        if 0 <= self.settings.maximum_retries <= rest.retries:
            return Discard(rest, "RetryAttemptsExhausted")
        retries = rest.retries + 1
        self._put_back(replace(rest, retries=retries, not_before=now + pause(retries)))
        return None

    def _put_back(self, batch: Batch) -> None:
        if batch.records:
            self._batches.appendleft(batch)
