"""The log of a run, and the wait for its end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from localaws.errors import LocalCloudError
from localaws.runs.record import RunRecord
from localaws.runs.store import RunStore
from localaws.waiting import wait_until

_LOOK_SECONDS = 0.2
_FOREVER = float("inf")


def log_lines(store: RunStore, record: RunRecord, *, follow: bool) -> Iterator[str]:
    """The lines of the run's log; with `follow` also those to come, until the run ends.

    Raises:
        LocalCloudError: the log is not there any more.
    """
    pause = threading.Event()
    path, read_to, part = Path(record.log), 0, ""
    if record.ended and not path.is_file():
        raise LocalCloudError(f"run {record.run_id}: its log {path} is gone, with its cloud's")
    while True:
        record = store.find(record.run_id)
        if Path(record.log) != path:
            path, read_to, part = Path(record.log), 0, ""  # the next attempt
        if path.is_file():
            with path.open(encoding="utf-8", errors="replace") as file:
                file.seek(read_to)
                *whole, part = (part + file.read()).split("\n")
                read_to = file.tell()
            yield from whole
        if record.ended or not follow:
            yield from [part] if part else []
            return
        pause.wait(_LOOK_SECONDS)


def wait_for_end(store: RunStore, record: RunRecord) -> RunRecord:
    """The run as it ended, after a stop was asked for.

    Its watcher ends it when the batch in hand takes too long; without a watcher it has failed.
    """
    wait_until(lambda: store.find(record.run_id).ended, _FOREVER, lambda: "")
    return store.find(record.run_id)
