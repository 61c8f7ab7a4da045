"""The capacity of a deployment, read from its stack: jobs, shards, endpoint, functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from localaws.clients import Clients
from localaws.costs.volume import Capacity, Job
from localaws.deployment.changesets import Stack
from localaws.deployment.template import STREAMING
from localaws.errors import LocalCloudError
from localaws.scheduler.expressions import firings, parse

# Source: AWS Glue developer guide, "Worker types".
DPU = {"G.025X": 0.25, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8, "G.12X": 12, "G.16X": 16}
# Any thirty days do: what is counted is how often a schedule fires.
_FROM = datetime(2026, 6, 1, tzinfo=UTC)
_DAYS = 30


def read_capacity(clients: Clients, stack: Stack, hours_a_month: float) -> Capacity:
    """What is deployed.

    Raises:
        LocalCloudError: the stack is not there, or a job has workers of a type not known here.
    """
    now = stack.now()
    if not now.deployed:
        raise LocalCloudError(f"costs: no stack {stack.name}; deploy it first")
    found = names_by_type(stack.resources())
    schedules = _schedules(clients, found.get("AWS::Glue::Trigger", ()))
    months = hours_a_month / (24 * _DAYS)
    hosts = bool(now.parameters.get("ModelRepository"))
    return Capacity(
        jobs=tuple(
            _job(clients, name, schedules, months) for name in found.get("AWS::Glue::Job", ())
        ),
        shards={name: _shards(clients, name) for name in found.get("AWS::Kinesis::Stream", ())},
        endpoint=now.parameters.get("ModelInstanceType") if hosts else None,
    )


def names_by_type(resources: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The physical ids of a stack's resources by their type, sorted."""
    found: dict[str, list[str]] = {}
    for each in resources:
        found.setdefault(each["ResourceType"], []).append(each["PhysicalResourceId"])
    return {kind: sorted(names) for kind, names in found.items()}


def _schedules(clients: Clients, triggers: Iterable[str]) -> dict[str, list[str]]:
    """The cron expressions that start each job."""
    found: dict[str, list[str]] = {}
    for name in triggers:
        trigger = clients["glue"].get_trigger(Name=name)["Trigger"]
        for action in trigger.get("Actions", ()):
            if trigger.get("Schedule"):
                found.setdefault(action["JobName"], []).append(trigger["Schedule"])
    return found


def _job(clients: Clients, name: str, schedules: Mapping[str, list[str]], months: float) -> Job:
    job = clients["glue"].get_job(JobName=name)["Job"]
    kind = job.get("WorkerType", "G.1X")
    if kind not in DPU:
        raise LocalCloudError(
            f"costs: job {name}: found workers {kind}; known are {', '.join(DPU)}"
        )
    workers = int(job.get("NumberOfWorkers") or 1)
    if job["Command"]["Name"] == STREAMING:
        return Job(name, workers, DPU[kind])
    fired = sum(_fires(text, name) for text in schedules.get(name, ()))
    return Job(name, workers, DPU[kind], False, fired * months, _minutes(clients, name))


def _fires(schedule: str, job: str) -> int:
    expression = parse(schedule, f"job {job}", _FROM)
    return sum(1 for _ in firings(expression, _FROM, _FROM + timedelta(days=_DAYS)))


def _minutes(clients: Clients, job: str) -> float | None:
    """How long the runs took that ended well; None when there were none."""
    runs = clients["glue"].get_job_runs(JobName=job)["JobRuns"]
    seconds = [run["ExecutionTime"] for run in runs if run["JobRunState"] == "SUCCEEDED"]
    return sum(seconds) / len(seconds) / 60 if seconds else None


def _shards(clients: Clients, stream: str) -> int:
    found = clients["kinesis"].describe_stream_summary(StreamName=stream)
    return int(found["StreamDescriptionSummary"]["OpenShardCount"])
