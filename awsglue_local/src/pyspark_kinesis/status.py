"""Whether the streams of a run are drained, told across processes by small files.

Whoever wants to know sets PYSPARK_KINESIS_STATUS_DIR to a directory before Spark starts; every
query then keeps a file there up to date. Times are `time.monotonic`, one clock for all processes
of a machine.
"""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pyspark_kinesis.positions import StreamOffset

STATUS_DIRECTORY: Final = "PYSPARK_KINESIS_STATUS_DIR"
_NUMBERS: Final = itertools.count()
_LEAST_SECONDS: Final = 0.1


class StatusFile:
    """The status of one query; safe to share between threads; does nothing when nobody asks."""

    def __init__(self, stream: str) -> None:
        directory = os.environ.get(STATUS_DIRECTORY)
        name = f"{os.getpid()}-{next(_NUMBERS)}.json"
        self._path = Path(directory, name) if directory else None
        self._stream = stream
        self._lock = threading.Lock()
        self._written_at = 0.0
        self._last: dict[str, Any] = {}
        self._closed = False

    @property
    def is_wanted(self) -> bool:
        """Whether anybody asked for it."""
        return self._path is not None

    def write(
        self, planned: StreamOffset, committed: StreamOffset | None, pending: int, tip: float | None
    ) -> None:
        """Tell how far the query is; `pending` counts records that are read and not planned."""
        if self._path is None:
            return
        found = {
            "pid": os.getpid(),
            "stream": self._stream,
            "pending": pending,
            "tip": tip,
            "planned": planned.to_json(),
            "committed": committed.to_json() if committed else None,
        }
        with self._lock:
            if not self._closed and self._is_news(found):
                self._last, self._written_at = found, time.monotonic()
                draft = self._path.with_suffix(".draft")
                draft.write_text(json.dumps(found))
                draft.replace(self._path)

    def close(self) -> None:
        """Remove the file for good."""
        with self._lock:
            self._closed = True
            self.remove()

    def remove(self) -> None:
        """Remove the file, taking no lock."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _is_news(self, found: Mapping[str, Any]) -> bool:
        # While a backlog is read only the counts move, and nobody waits for those.
        quiet = not found["pending"] and found != self._last
        return quiet or time.monotonic() - self._written_at >= _LEAST_SECONDS


def statuses(directory: str | None = None) -> list[dict[str, Any]]:
    """The status of each running query, as StatusFile wrote it."""
    where = directory or os.environ.get(STATUS_DIRECTORY)
    found = [_read(path) for path in Path(where).glob("*.json")] if where else []
    return [status for status in found if status and _is_alive(status["pid"])]


def is_drained(
    since: float, processed: Iterable[str | Mapping[str, Any]] = (), directory: str | None = None
) -> bool:
    """Whether every running query has processed all records that were put before `since`.

    `since` is a `time.monotonic` of any process of this machine: each shard must have been found
    read to its tip by a read that began later. A batch counts as processed once Spark has
    committed it (which it does at the next trigger) or when its end offset is in `processed`
    (`query.lastProgress["sources"][i]["endOffset"]`). False while no query has planned.
    """
    ends = [json.loads(end) if isinstance(end, str) else dict(end) for end in processed]
    found = statuses(directory)
    return bool(found) and all(_has_drained(status, since, ends) for status in found)


def _has_drained(status: Mapping[str, Any], since: float, ends: Collection[Any]) -> bool:
    planned = status["planned"]
    done = planned == status["committed"] or planned in ends
    untouched = not any(shard.get("at") for shard in planned["shards"].values())
    reached = status["tip"] is not None and status["tip"] >= since
    return reached and not status["pending"] and (done or untouched)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return found


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
