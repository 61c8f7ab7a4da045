"""What runs, and where it stands."""

from __future__ import annotations

from typing import Any

import psutil

from catalog.registry import TABLES
from localaws.accounting import read_totals
from localaws.clients import Clients
from localaws.lag import waiting_records
from localaws.mappings.idle import read_status
from localaws.state import RunningCloud, StateFolder
from localaws.tables import count_items


def read_cloud_status(state: StateFolder) -> dict[str, Any]:
    """Processes, endpoints, batches, mappings and table sizes of the running cloud.

    `running` is False, and there is nothing else, when none runs from this state folder.
    """
    running = state.running()
    if running is None:
        return {"running": False}
    clients = Clients(running.endpoint)
    totals = read_totals(clients)
    return {
        "running": True,
        "started_at": running.started_at,
        "window_seconds": running.window_seconds,
        "endpoints": {"aws": running.endpoint, "model": running.model_endpoint},
        "processes": _processes(running),
        "logs": str(state.logs),
        "waiting": waiting_records(clients, "clickstream", "checkpoints/price_candidates/"),
        "job": {
            "batches": totals.batches,
            "counted": totals.counted,
            "rejected": totals.rejected,
            "late": totals.late,
        },
        "mappings": [
            {key: shard[key] for key in ("function", "shard", "enabled", "pending", "discarded")}
            for shard in read_status(state.mappings_file)["shards"]
        ],
        "tables": {table.name: count_items(clients, table.name) for table in TABLES},
    }


def _processes(running: RunningCloud) -> dict[str, dict[str, Any]]:
    return {
        name: {"pid": pid, "running": psutil.pid_exists(pid)}
        for name, pid in {"clickstream": running.pid, **running.processes}.items()
    }
