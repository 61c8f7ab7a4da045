"""What runs, and where it stands."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from catalog.registry import TABLES
from localaws.accounting import read_totals
from localaws.clients import Clients
from localaws.jobs import get_definition
from localaws.lag import waiting_records
from localaws.mappings.idle import read_status
from localaws.state import RunningCloud, StateFolder
from localaws.tables import count_items
from localaws.workloads import CTR, SESSIONS, stream_of

_ANSWER_SECONDS = 5.0
_SHARD_KEYS = ("function", "shard", "enabled", "pending", "discarded", "error")
_COUNTS = ("batches", "counted", "rejected", "late")
_MORE_COUNTS: dict[str, tuple[str, ...]] = {
    SESSIONS: ("reopened", "undelivered"),
    CTR: ("anomalies", "undelivered"),
}


def read_cloud_status(state: StateFolder) -> dict[str, Any]:
    """Processes, endpoints, batches, mappings and table sizes of the running cloud.

    `running` is False, and there is nothing else, when none runs from this state folder. When the
    APIs do not answer, `problem` says so (None otherwise) and what only they know is left out.
    """
    running = state.running()
    if running is None:
        return {"running": False}
    found = {
        "running": True,
        "problem": _silence(running.endpoint),
        "started_at": running.started_at,
        "window_seconds": running.window_seconds,
        "endpoints": _endpoints(running),
        "job_name": running.job,
        "processes": _processes(running),
        "logs": str(state.logs),
    }
    if found["problem"] is not None:
        return found
    try:
        return found | _standing(state, running.job, Clients(running.endpoint))
    except (BotoCoreError, ClientError) as error:
        return found | {"problem": f"{running.endpoint}: {error}"}


def _silence(endpoint: str) -> str | None:
    """What is wrong when the emulator does not say that it is ready; else None."""
    try:
        answer = httpx.get(f"{endpoint}/_ministack/ready", timeout=_ANSWER_SECONDS, trust_env=False)
    except httpx.TransportError as error:
        return f"{endpoint} does not answer ({error})"
    ready = answer.status_code == httpx.codes.OK
    return None if ready else f"{endpoint} does not answer yet (HTTP {answer.status_code})"


def _endpoints(running: RunningCloud) -> dict[str, str]:
    model = running.model_endpoint
    return {"aws": running.endpoint, **({} if model is None else {"model": model})}


def _standing(state: StateFolder, job: str, clients: Clients) -> dict[str, Any]:
    totals = read_totals(clients, job)
    return {
        "stream": stream_of(job).name,
        "waiting": waiting_records(clients, stream_of(job).name, _checkpoint(clients, job)),
        "job": {name: getattr(totals, name) for name in _COUNTS + _MORE_COUNTS.get(job, ())},
        "mappings": [
            {key: shard.get(key) for key in _SHARD_KEYS}
            for shard in read_status(state.mappings_file)["shards"]
        ],
        "tables": {table.name: count_items(clients, table.name) for table in TABLES},
    }


def _checkpoint(clients: Clients, job: str) -> str:
    """Prefix of the checkpoint that the job goes on from, as it is deployed."""
    path = get_definition(clients, job).arguments["--checkpoint-path"]
    return urlsplit(path).path.lstrip("/")


def _processes(running: RunningCloud) -> dict[str, dict[str, Any]]:
    return {
        name: {"pid": pid, "running": running.runs(pid)}
        for name, pid in {"clickstream": running.pid, **running.processes}.items()
    }
