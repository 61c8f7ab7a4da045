"""When a stream has nothing left to give."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pyspark.sql.streaming.query import StreamingQuery
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
    java: Any = query
    progress = java._jsq.lastProgress()  # noqa: SLF001 - PySpark's own copy loses the offsets' JSON
    return is_drained(since, [] if progress is None else _end_offsets(progress.json()))


def _end_offsets(progress: str) -> list[Any]:
    ends = [source.get("endOffset") for source in json.loads(progress)["sources"]]
    return [end for end in ends if end is not None]
