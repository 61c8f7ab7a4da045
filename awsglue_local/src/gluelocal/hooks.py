"""The points of PySpark at which a run's control comes in."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from pyspark.sql.streaming.query import StreamingQuery, StreamingQueryManager
from pyspark.sql.streaming.readwriter import DataStreamWriter

from gluelocal.control import BatchFunction, StreamControl


def install(control: StreamControl) -> None:
    """Wrap the methods that start, trigger and await streams."""
    for name in ("start", "toTable"):
        _wrap(DataStreamWriter, name, functools.partial(_start, control))
    _wrap(DataStreamWriter, "foreachBatch", functools.partial(_foreach_batch, control))
    if control.bounds.until_drained:
        _wrap(DataStreamWriter, "trigger", _trigger_at_once)
    _wrap(StreamingQuery, "awaitTermination", functools.partial(_await, control))
    _wrap(StreamingQueryManager, "awaitAnyTermination", functools.partial(_await, control))


def _wrap(owner: type, name: str, around: Callable[..., Any]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return around(functools.partial(original, self), self, *args, **kwargs)

    setattr(owner, name, method)


def _start(
    control: StreamControl, start: Callable[..., Any], writer: Any, *a: Any, **k: Any
) -> Any:
    control.before_start(writer._spark)  # noqa: SLF001
    query = start(*a, **k)
    control.after_start(query)
    return query


def _foreach_batch(
    control: StreamControl, foreach_batch: Callable[..., Any], _writer: Any, func: BatchFunction
) -> Any:
    return foreach_batch(control.gate(func))


def _trigger_at_once(trigger: Callable[..., Any], _writer: Any, **kwargs: Any) -> Any:
    if kwargs.get("processingTime"):
        kwargs["processingTime"] = "0 seconds"
    return trigger(**kwargs)


def _await(control: StreamControl, wait: Callable[..., Any], _self: Any, *a: Any, **k: Any) -> Any:
    return control.awaiting(functools.partial(wait, *a, **k))
