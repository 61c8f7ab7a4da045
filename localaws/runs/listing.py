"""The deployed jobs, and where each stands."""

from __future__ import annotations

from typing import Any

from localaws.clients import Clients
from localaws.jobs import JobDefinition
from localaws.runs.store import RunStore


def read_jobs(clients: Clients, store: RunStore) -> list[dict[str, Any]]:
    """Every deployed job by name: how it runs, its triggers, and its latest run or None."""
    pages = clients["glue"].get_paginator("get_jobs").paginate()
    jobs = [job for page in pages for job in page["Jobs"]]
    triggers = _triggers(clients)
    return [
        _standing(job, triggers.get(job["Name"], []), store)
        for job in sorted(jobs, key=lambda job: str(job["Name"]))
    ]


def _standing(job: dict[str, Any], triggers: list[str], store: RunStore) -> dict[str, Any]:
    definition = JobDefinition.from_description(job)
    runs = store.records(definition.name)
    return {
        "job": definition.name,
        "streaming": job["Command"].get("Name") == "gluestreaming",
        "max_concurrent_runs": definition.max_concurrent_runs,
        "max_retries": definition.max_retries,
        "timeout_minutes": (definition.timeout_seconds or 0.0) / 60 or None,
        "triggers": triggers,
        "running": sum(not run.ended for run in runs),
        "latest": runs[0].to_json() if runs else None,
    }


def _triggers(clients: Clients) -> dict[str, list[str]]:
    """What starts each job, in words."""
    found: dict[str, list[str]] = {}
    for page in clients["glue"].get_paginator("get_triggers").paginate():
        for trigger in page["Triggers"]:
            when = trigger.get("Schedule") or trigger["Type"].lower()
            active = "" if trigger["State"] == "ACTIVATED" else f" ({trigger['State'].lower()})"
            for action in trigger["Actions"]:
                name = action.get("JobName")
                found.setdefault(name, []).append(f"{trigger['Name']}: {when}{active}")
    return found
