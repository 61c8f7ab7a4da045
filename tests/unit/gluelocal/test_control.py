"""When a run ends, told from the events of streams that are played here."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gluelocal import control as module
from gluelocal import streams
from gluelocal.control import Bounds, StreamControl
from pyspark.errors import StreamingQueryException


class Query:
    """A streaming query between two batches, or in one."""

    def __init__(self, query_id: str = "q", *, busy: bool = False) -> None:
        self.id, self.busy = query_id, busy
        self.stopped = threading.Event()

    @property
    def isActive(self) -> bool:  # noqa: N802
        return not self.stopped.is_set()

    @property
    def status(self) -> dict[str, bool]:
        return {"isTriggerActive": self.busy}

    def stop(self) -> None:
        self.stopped.set()


class Session:
    """A session that hands out its listener."""

    def __init__(self) -> None:
        self.listener: Any = None

    @property
    def streams(self) -> Session:
        return self

    def addListener(self, listener: Any) -> None:  # noqa: N802
        self.listener = listener

    def tell(self, kind: str, query_id: str = "q", batch: int = 0) -> None:
        """Play one event of Spark's listener bus."""
        if kind == "idle":
            self.listener.onQueryIdle(Event(id=query_id))
        else:
            self.listener.onQueryProgress(Event(progress=Event(id=query_id, batchId=batch)))


class Event:
    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


Run = Callable[..., tuple[StreamControl, Session, Query]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setattr(module, "is_caught_up", lambda query, since: True)
    monkeypatch.setattr(StreamControl, "take_signals", lambda self: None)
    started = []

    def start(query: Query | None = None, **bounds: Any) -> tuple[StreamControl, Session, Query]:
        control, session, query = StreamControl(Bounds(**bounds)), Session(), query or Query()
        control.before_start(session)  # type: ignore[arg-type]
        control.after_start(query)  # type: ignore[arg-type]
        started.append(control)
        return control, session, query

    yield start
    for control in started:
        control.close()


def awaited(control: StreamControl, query: Query) -> bool:
    """What the script sees: whether its query ends within 5 s."""
    return bool(control.awaiting(lambda: query.stopped.wait(5)))


def test_a_drained_run_ends_after_two_idle_triggers(run: Run) -> None:
    control, session, query = run(until_drained=True)
    session.tell("progress")
    session.tell("idle")
    threading.Timer(0.05, session.tell, ["idle"]).start()
    assert awaited(control, query)
    assert control.stop_reason == "drained"


def test_a_batch_between_two_idle_triggers_starts_the_count_anew(run: Run) -> None:
    control, session, query = run(until_drained=True)
    for kind in ("idle", "progress", "idle"):
        session.tell(kind)
    assert not control.awaiting(lambda: query.stopped.wait(0.3))


def test_an_idle_stream_ends_nothing_while_another_is_busy(run: Run) -> None:
    control, session, query = run(until_drained=True)
    other = Query("other")
    control.after_start(other)  # type: ignore[arg-type]
    for query_id in ("q", "q", "other"):
        session.tell("idle", query_id)
    assert not control.awaiting(lambda: query.stopped.wait(0.3))
    session.tell("idle", "other")
    assert awaited(control, query)
    assert other.stopped.wait(5)


def test_an_idle_stream_that_lags_behind_is_not_drained(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "is_caught_up", lambda query, since: False)
    control, session, query = run(until_drained=True)
    for _ in range(3):
        session.tell("idle")
    assert not control.awaiting(lambda: query.stopped.wait(0.3))


def test_without_bounds_idle_triggers_end_nothing(run: Run) -> None:
    control, session, query = run()
    for _ in range(5):
        session.tell("idle")
    assert not control.awaiting(lambda: query.stopped.wait(0.3))
    assert not control.stop_requested.is_set()


def test_a_run_of_two_batches_ends_after_the_second(run: Run) -> None:
    control, session, query = run(batches=2)
    session.tell("progress", batch=0)
    session.tell("progress", batch=0)  # the same batch again, after a retry
    assert not control.awaiting(lambda: query.stopped.wait(0.3))
    session.tell("progress", batch=1)
    assert awaited(control, query)
    assert control.stop_reason == "2 batches are done"


def test_a_run_of_some_seconds_ends_when_they_are_over(run: Run) -> None:
    control, _, query = run(seconds=0.05)
    assert awaited(control, query)
    assert control.stop_reason == "0.05 seconds are over"


def test_a_stop_waits_for_the_batch_in_hand(run: Run) -> None:
    query = Query(busy=True)
    control, session, _ = run(query, seconds=0.05)
    assert not control.awaiting(lambda: query.stopped.wait(0.5))
    session.tell("progress")
    assert awaited(control, query)


def test_the_first_signal_after_a_bound_still_waits_for_the_batch_in_hand(run: Run) -> None:
    query = Query(busy=True)
    control, session, _ = run(query, seconds=0.05)
    assert control.stop_requested.wait(5)
    control._on_signal(signal.SIGTERM, None)
    assert control.stop_reason == "stopped by SIGTERM"
    assert not control.awaiting(lambda: query.stopped.wait(0.3))
    with pytest.raises(SystemExit) as end:
        control._on_signal(signal.SIGTERM, None)
    assert end.value.code == 128 + signal.SIGTERM
    assert control.stop_reason == "stopped by SIGTERM, at once"
    session.tell("progress")
    assert awaited(control, query)


def test_a_stop_waits_for_the_progress_of_a_batch_function_that_is_done(run: Run) -> None:
    control, session, query = run()
    begun, finish = threading.Event(), threading.Event()

    def function(_batch: Any, _number: int) -> None:
        begun.set()
        finish.wait(5)

    batch = Event(sparkSession=Event(sparkContext=Event(getLocalProperty=lambda name: "q")))
    thread = threading.Thread(target=control.gate(function), args=(batch, 7))
    thread.start()
    assert begun.wait(5)
    control._events.put(streams.Event("stop", detail="asked"))
    session.tell("progress", batch=6)  # a late word of the batch before
    assert not query.stopped.wait(0.4)
    finish.set()
    thread.join()
    assert not query.stopped.wait(0.3)  # its commit is not written yet
    session.tell("progress", batch=7)
    assert awaited(control, query)


def test_the_error_of_a_batch_function_is_kept_for_the_runs_last_line(run: Run) -> None:
    control, _, _ = run()
    batch = Event(sparkSession=Event(sparkContext=Event(getLocalProperty=lambda name: "q")))

    def fail(_batch: Any, _number: int) -> None:
        raise ValueError("no such product")

    with pytest.raises(ValueError, match="no such product"):
        control.gate(fail)(batch, 0)
    assert str(control.last_batch_error) == "no such product"


def test_a_failure_of_the_control_itself_ends_the_run(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_query: Any, _since: float) -> bool:
        raise OSError("status unreadable")

    monkeypatch.setattr(module, "is_caught_up", broken)
    control, session, query = run(until_drained=True)
    session.tell("idle")
    session.tell("idle")
    assert awaited(control, query)
    assert str(control.failure) == "status unreadable"


def test_outside_a_run_there_is_no_control() -> None:
    assert module.current() is None


def test_an_interruption_by_the_runs_own_stop_is_no_failure(run: Run) -> None:
    control, _, query = run(seconds=0.05)

    def wait() -> None:
        assert query.stopped.wait(5)
        raise StreamingQueryException("interrupted while planning")

    assert control.awaiting(wait) is None


def test_a_query_that_fails_by_itself_is_a_failure(run: Run) -> None:
    control, _, _ = run()

    def wait() -> None:
        raise StreamingQueryException("no such stream")

    with pytest.raises(StreamingQueryException, match="no such stream"):
        control.awaiting(wait)
