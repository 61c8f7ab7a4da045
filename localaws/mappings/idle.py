"""Whether the mappings have nothing left to do, from the status that their driver writes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localaws.errors import LocalCloudError
from localaws.waiting import wait_until


def read_status(status_file: Path) -> dict[str, Any]:
    """The driver's latest status; no shards when there is none yet."""
    try:
        return dict(json.loads(status_file.read_text()))
    except FileNotFoundError:
        return {"refreshed_at": 0.0, "shards": []}


def is_idle(status: dict[str, Any], since: float) -> bool:
    """Whether every enabled shard has found its stream empty, with nothing in hand, after `since`.

    `since` is epoch seconds; what was written to the streams before it is then done.
    """
    shards = [shard for shard in status["shards"] if shard["enabled"]]
    return bool(status["refreshed_at"] > since) and all(
        shard["pending"] == 0 and (shard["caught_up_at"] or 0.0) > since for shard in shards
    )


def check_status(status: dict[str, Any]) -> dict[str, Any]:
    """The same status, when no mapping has broken down.

    Raises:
        LocalCloudError: the driver or the thread of a shard ended with an error.
    """
    found = [("driver", status.get("error"))]
    found += [(shard["shard"], shard.get("error")) for shard in status["shards"]]
    broken = [f"{where}: {error}" for where, error in found if error]
    if broken:
        raise LocalCloudError(f"mappings: broken down, see the traceback above: {broken}")
    return status


def wait_until_idle(
    status_file: Path, seconds: float, clock: Callable[[], float] = time.time
) -> None:
    """Wait until all that is in the mapped streams now is done.

    Raises:
        LocalCloudError: it is not done in time, or a mapping has broken down.
    """
    since = clock()
    wait_until(
        lambda: is_idle(check_status(read_status(status_file)), since),
        seconds,
        lambda: f"mappings: not idle after {seconds:g} s: {read_status(status_file)['shards']}",
    )
