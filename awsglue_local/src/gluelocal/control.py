"""Ends the streams of a run: drained, after N batches, after S seconds, or on a signal.

Active only in a run that `gluelocal run` started, which hooks it into PySpark's stream writer.
Without it `current()` is None, and the `awsglue` API blocks for ever, as upstream does.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from gluelocal.drain import is_caught_up
from gluelocal.streams import Event, Listener, Stream

IDLE_TRIGGERS_WHEN_DRAINED: Final = 2
_NEW_QUERY_GRACE_SECONDS: Final = 5.0
_QUERY_ID_PROPERTY: Final = "sql.streaming.queryId"

BatchFunction = Callable[[DataFrame, int], None]


@dataclass(frozen=True)
class Bounds:
    """When a run ends by itself; with none set it runs until a signal."""

    until_drained: bool = False
    batches: int | None = None
    seconds: float | None = None


class StreamControl:
    """Watches every stream of the run on a thread of its own and stops them between batches."""

    def __init__(self, bounds: Bounds, clock: Callable[[], float] = time.monotonic) -> None:
        self.bounds = bounds
        self.stop_requested = threading.Event()
        self.stop_reason = ""
        self.streaming = False
        self.last_batch_error: BaseException | None = None
        self.failure: Exception | None = None
        # A SimpleQueue, since its put may be called from a signal handler.
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._clock = clock
        self._streams: dict[str, Stream] = {}
        self._listened: list[SparkSession] = []
        self._awaiting = 0
        self._last_start = 0.0
        self._deadline: float | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._stopping = False
        self._signals = 0

    # What the hooks call, on the script's threads

    def before_start(self, session: SparkSession) -> None:
        """Prepare for a stream that is about to start."""
        if not self.streaming:
            self.streaming = True
            self._deadline = self._clock() + self.bounds.seconds if self.bounds.seconds else None
            self._thread = threading.Thread(target=self._watch, name="control", daemon=True)
            self._thread.start()
        self._last_start = self._clock()
        if session not in self._listened:
            session.streams.addListener(Listener(self._events))
            self._listened.append(session)
        self.take_signals()

    def after_start(self, started: StreamingQuery) -> None:
        """Watch a stream that has just started."""
        with self._lock:
            stream = self._streams.setdefault(str(started.id), Stream())
            stream.query, stream.idle_triggers = started, 0
            stream.busy_until = self._clock()
            stream.between_batches = False  # `in_hand` stays: the first batch may have begun
        self._events.put(Event("started", str(started.id)))

    def take_signals(self) -> None:
        """Let SIGTERM and SIGINT stop the run; again after Spark has set its own handler."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._on_signal)

    def gate(self, function: BatchFunction) -> BatchFunction:
        """`function`, held back once the run is to end, so that no batch is begun in vain."""

        def gated(batch: DataFrame, batch_id: int) -> None:
            query_id = str(batch.sparkSession.sparkContext.getLocalProperty(_QUERY_ID_PROPERTY))
            stream = self._stream(query_id)
            stream.in_hand = batch_id
            if self.stop_requested.is_set() or self._has_enough(stream):
                stream.in_hand = None
                self._hold(batch, query_id, stream)
            try:
                function(batch, batch_id)
            except BaseException as error:
                self.last_batch_error = error
                stream.in_hand = None
                raise
            self.last_batch_error = None
            stream.finished.add(batch_id)

        return gated

    def awaiting(self, wait: Callable[[], Any]) -> Any:
        """Run `wait`, with the script known to be waiting for its streams.

        A query that this control stopped between two batches has ended well, whatever the
        interruption looked like where it met the source.
        """
        self._awaiting += 1
        self._events.put(Event("awaiting"))
        try:
            return wait()
        except StreamingQueryException:
            if not self._stopping or self.last_batch_error is not None:
                raise
            return None
        finally:
            self._awaiting -= 1

    def close(self) -> None:
        """End the control's thread, and with it all calls into the JVM."""
        self._closing = True
        self._events.put(Event("close"))
        if self._thread is not None:
            self._thread.join()

    def wait_unless_stopped(self, seconds: float) -> bool:
        """Wait; False when the run is to end instead."""
        return not self.stop_requested.wait(seconds)

    # The control's own thread

    def _watch(self) -> None:
        try:
            self._watch_until_stop()
        except Exception as error:  # noqa: BLE001 - a thread's error would end in nothing
            self.failure = error
            self._request_stop("the run's control failed")
        self._stop_streams()

    def _watch_until_stop(self) -> None:
        while not (self.stop_requested.is_set() or self._closing):
            try:
                self._take(self._events.get(timeout=self._seconds_left()))
            except queue.Empty:
                self._request_stop(f"{self.bounds.seconds:g} seconds are over")

    def _stop_streams(self) -> None:
        while not self._closing:
            self._stop_what_is_between_batches()
            try:
                self._take(self._events.get(timeout=0.1))
            except queue.Empty:
                continue

    def _seconds_left(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - self._clock())

    def _take(self, event: Event) -> None:
        if event.kind == "stop":
            self._request_stop(event.detail)
        if not event.query_id:
            return
        stream = self._stream(event.query_id)
        if event.kind in ("progress", "idle", "held"):
            stream.between_batches = self.stop_requested.is_set()
        if event.kind == "progress":
            self._finish_batch(stream, event.batch_id)
        elif event.kind == "terminated":
            stream.in_hand = None
        elif event.kind == "idle":
            stream.idle_triggers += 1
            if self.bounds.until_drained and self._is_drained():
                self._request_stop("drained")

    def _finish_batch(self, stream: Stream, batch_id: int) -> None:
        stream.finished.add(batch_id)
        stream.idle_triggers, stream.busy_until = 0, self._clock()
        if stream.in_hand == batch_id:
            stream.in_hand = None
        if self._has_enough(stream):
            self._request_stop(f"{self.bounds.batches} batches are done")

    def _stop_what_is_between_batches(self) -> None:
        with self._lock:
            streams = list(self._streams.values())
        for stream in streams:
            query = stream.query
            if query is None or not query.isActive:
                continue
            if stream.in_hand is None and (
                stream.between_batches or not query.status["isTriggerActive"]
            ):
                self._stopping = True
                query.stop()

    def _is_drained(self) -> bool:
        if not self._awaiting and self._clock() - self._last_start < _NEW_QUERY_GRACE_SECONDS:
            return False
        with self._lock:
            active = [s for s in self._streams.values() if s.query and s.query.isActive]
        return bool(active) and all(
            s.query is not None
            and s.idle_triggers >= IDLE_TRIGGERS_WHEN_DRAINED
            and is_caught_up(s.query, s.busy_until)
            for s in active
        )

    def _has_enough(self, stream: Stream) -> bool:
        return self.bounds.batches is not None and len(stream.finished) >= self.bounds.batches

    def _stream(self, query_id: str) -> Stream:
        with self._lock:
            return self._streams.setdefault(query_id, Stream())

    def _request_stop(self, reason: str) -> None:
        self.stop_reason = self.stop_reason or reason
        self.stop_requested.set()

    def _hold(self, batch: DataFrame, query_id: str, stream: Stream) -> None:
        self._events.put(Event("held", query_id))
        if not self.stop_requested.is_set():
            self._events.put(Event("stop", detail=f"{self.bounds.batches} batches are done"))
        # This runs on the stream's own JVM thread, which query.stop() interrupts: Spark takes the
        # interruption for a clean stop, and the batch is planned again at the next start.
        jvm: Any = batch.sparkSession.sparkContext._jvm  # noqa: SLF001
        thread = jvm.java.lang.Thread
        while not self._closing and (stream.query is None or stream.query.isActive):
            thread.sleep(100)
        # It was interrupted before it slept, and whatever it did then has taken the interruption.
        thread.currentThread().interrupt()
        thread.sleep(100)

    def _on_signal(self, number: int, _frame: object) -> None:
        self._signals += 1
        # Counted, not told from `stop_reason`: a bound that was reached sets that too, and the
        # first signal must still let the batch in hand finish.
        again = self._signals > 1
        self.stop_reason = f"stopped by {signal.Signals(number).name}"
        if again or not self.streaming:
            self.stop_reason += ", at once" if again else ", before a stream had started"
            raise SystemExit(128 + number)
        self._events.put(Event("stop", detail=self.stop_reason))


_control: StreamControl | None = None


def current() -> StreamControl | None:
    """The control of this process, or None outside `gluelocal run`."""
    return _control


def activate(control: StreamControl) -> None:
    """Make `control` the one of this process; what makes it watch is `hooks.install`."""
    global _control
    _control = control
