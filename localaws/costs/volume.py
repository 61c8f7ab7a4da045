"""What a cost card is made of: the capacity that is deployed, and the volume that was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Job:
    """A Glue job.

    Attributes:
        streaming: whether it runs all the time.
        runs_a_month: of a job that ends.
        minutes: that such a run takes; None when none was seen.
    """

    name: str
    workers: int
    dpu_each: float
    streaming: bool = True
    runs_a_month: float = 0.0
    minutes: float | None = None


@dataclass(frozen=True)
class Capacity:
    """What is paid for whether anything happens or not.

    Attributes:
        shards: of each stream.
        endpoint: instance type of the model's endpoint; None when the stack hosts none.
    """

    jobs: tuple[Job, ...] = ()
    shards: Mapping[str, int] = field(default_factory=dict)
    endpoint: str | None = None


@dataclass(frozen=True)
class Puts:
    """What arrives in a stream: records a second, and how large one is."""

    records: float
    bytes_each: float


@dataclass(frozen=True)
class Calls:
    """Invocations of a function: how many a second, its memory, and seconds each if measured."""

    invocations: float
    memory_mb: int
    seconds: float | None = None


@dataclass(frozen=True)
class Volume:
    """What happened, a second on average over `observed_seconds`.

    Attributes:
        write_units, read_units: of DynamoDB, by table.
        batches: finished micro-batches of all jobs.
        emails, messages: sent through SNS.
        table_bytes, lake_bytes: what lies there at the end; not a rate.
    """

    observed_seconds: float
    puts: Mapping[str, Puts] = field(default_factory=dict)
    write_units: Mapping[str, float] = field(default_factory=dict)
    read_units: Mapping[str, float] = field(default_factory=dict)
    calls: Mapping[str, Calls] = field(default_factory=dict)
    batches: float = 0.0
    emails: float = 0.0
    messages: float = 0.0
    schedules: float = 0.0
    table_bytes: int = 0
    lake_bytes: int = 0
