"""What is known of the streams of a run: Spark's events, and the state that they add up to."""

from __future__ import annotations

import queue
from dataclasses import dataclass, field
from typing import Literal

from pyspark.sql.streaming.listener import (
    QueryIdleEvent,
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
    StreamingQueryListener,
)
from pyspark.sql.streaming.query import StreamingQuery

Kind = Literal["started", "progress", "idle", "terminated", "held", "awaiting", "stop", "close"]


@dataclass(frozen=True)
class Event:
    """Something that the control is to know of: of a query when it has an id."""

    kind: Kind
    query_id: str = ""
    detail: str = ""
    batch_id: int = -1


@dataclass
class Stream:
    """What is known of one streaming query; a retry of it is the same stream."""

    query: StreamingQuery | None = None
    idle_triggers: int = 0
    busy_until: float = 0.0  # when it started or ended its last batch
    in_hand: int | None = None  # the batch that a foreachBatch function is working on
    between_batches: bool = False  # said by an event that came after the stop was asked for
    finished: set[int] = field(default_factory=set)


class Listener(StreamingQueryListener):
    """Hands Spark's events to the control's queue."""

    def __init__(self, events: queue.SimpleQueue[Event]) -> None:
        self._events = events

    def onQueryStarted(self, event: QueryStartedEvent) -> None:  # noqa: N802 - PySpark names it
        """A query has started."""
        self._events.put(Event("started", str(event.id)))

    def onQueryProgress(self, event: QueryProgressEvent) -> None:  # noqa: N802 - PySpark names it
        """A batch is done."""
        progress = event.progress
        self._events.put(Event("progress", str(progress.id), batch_id=progress.batchId))

    def onQueryIdle(self, event: QueryIdleEvent) -> None:  # noqa: N802 - PySpark names it
        """A trigger found nothing new."""
        self._events.put(Event("idle", str(event.id)))

    def onQueryTerminated(self, event: QueryTerminatedEvent) -> None:  # noqa: N802 - PySpark names it
        """A query has ended."""
        self._events.put(Event("terminated", str(event.id)))
