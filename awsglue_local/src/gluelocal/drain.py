"""When a stream has nothing left to give."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyspark.sql.streaming import StreamingQuery
from pyspark_kinesis.status import STATUS_DIRECTORY, is_drained, statuses


def watch_sources(folder: Path) -> None:
    """Have the Kinesis sources of this run tell how far they are. Call before Spark starts."""
    folder.mkdir(exist_ok=True)
    os.environ[STATUS_DIRECTORY] = str(folder)


def is_caught_up(query: StreamingQuery, since: float) -> bool:
    """Whether `query` has processed all records that were put before `since`.

    `since` is a `time.monotonic`. A source that keeps no status is taken at its triggers' word.
    """
    if not statuses():
        return True
    progress: Any = query.lastProgress
    return is_drained(since, [] if progress is None else list(_end_offsets(progress)))


def _end_offsets(progress: Mapping[str, Any]) -> list[Any]:
    return [s["endOffset"] for s in progress["sources"] if s.get("endOffset") is not None]
