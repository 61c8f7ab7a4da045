"""The volume of the cloud that runs on this machine, from what its jobs say of their batches.

What AWS would bill is worked out from what was written: nothing here is metered.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from localaws.clients import Clients
from localaws.costs.volume import Calls, Puts, Volume
from localaws.errors import LocalCloudError
from localaws.tables import scan
from localaws.workloads import CTR, PRICE, SESSIONS, stream_of

_SAMPLE = 100
# Each row of a job's result is one write of its table, also where it replaces another.
_RESULTS = {"price_candidates": PRICE, "sessions": SESSIONS, "ctr_windows": CTR}
# A write within a transaction costs two units.
_TRANSACTIONS = {"price_changes": 2, "anomalies": 2, "incidents": 2, "alerts": 2}
_MAPPED = 100  # records that the mapping of the candidates gives one invocation at most
_FUNCTIONS = {"price_updater": PRICE, "session_writer": SESSIONS, "anomaly_notifier": CTR}
_SWEEPS = 1 / 60  # of the alerts, a second

Batches = Mapping[str, list[dict[str, Any]]]


def read_volume(clients: Clients, tables: Iterable[str], bucket: str) -> Volume:
    """What the running cloud did up to its last batch; every alert counts as one email.

    Raises:
        LocalCloudError: its jobs have not finished two batches yet.
    """
    batches = _batches(clients)
    seconds = _seconds(batches)
    samples = {table: _sample(clients, table) for table in tables}
    writes = {table: _writes(table, *samples[table], batches) for table in samples}
    prices = writes.get("price_changes", 0.0)
    if prices:
        writes["products"] = prices
    return Volume(
        observed_seconds=seconds,
        puts={
            stream: Puts(count / seconds, _record_bytes(clients, stream))
            for stream, count in _arrived(batches).items()
        },
        write_units={table: units / seconds for table, units in writes.items() if units},
        read_units={
            "products and orders": (_sum(batches.get(PRICE, ()), "read_units") + prices) / seconds
        },
        calls={
            name: Calls(_invocations(batches.get(job, [])) / seconds, _memory(clients, name))
            for name, job in _FUNCTIONS.items()
            if job in batches
        },
        batches=sum(map(len, batches.values())) / seconds,
        emails=samples.get("alerts", (0, 0.0))[0] / seconds,
        schedules=_SWEEPS,
        table_bytes=round(sum(count * size for count, size in samples.values())),
        lake_bytes=bucket_bytes(clients, bucket),
    )


def _batches(clients: Clients) -> Batches:
    found: dict[str, list[dict[str, Any]]] = {}
    for item in scan(clients, "job_batches"):
        found.setdefault(item["job"], []).append(item)
    return found


def _seconds(batches: Batches) -> float:
    """From the first batch's last arrival to the last one's, and what the first batch took.

    Nobody has noted when that one began: it counts as long as a batch of its job on average.
    """
    arrivals = [
        sorted({item["last_arrival_at"] for item in items if item.get("last_arrival_at")})
        for items in batches.values()
    ]
    several = [times for times in arrivals if len(times) > 1]
    if not several:
        raise LocalCloudError(
            "costs: fewer than two batches are finished, so there is no volume to go by: send"
            " events first, such as with `clickstream replay`"
        )
    first = min(several)
    each = float(first[-1] - first[0]) / (len(first) - 1)
    known = [time for times in arrivals for time in times]
    return (float(max(known) - min(known)) + each) / 1_000


def _arrived(batches: Batches) -> dict[str, float]:
    """Records of each stream: those of the job that read most of it."""
    found: dict[str, float] = {}
    for job, items in batches.items():
        count = sum(_sum(items, name) for name in ("counted", "rejected", "late"))
        stream = stream_of(job).name
        found[stream] = max(found.get(stream, 0.0), count)
    return found


def _sum(items: Iterable[Mapping[str, Any]], name: str) -> float:
    return sum(float(item.get(name) or 0) for item in items)


def _sample(clients: Clients, table: str) -> tuple[int, float]:
    """How many items a table has, and how large one is on average."""
    items = scan(clients, table)
    sizes = [_bytes(item) for item in islice(items, _SAMPLE)]
    count = len(sizes) + sum(1 for _ in items)
    return count, sum(sizes) / len(sizes) if sizes else 0.0


def _bytes(item: Mapping[str, Any]) -> int:
    """About what DynamoDB counts: names and values as text."""
    return sum(len(name) + len(json.dumps(value, default=str)) for name, value in item.items())


def _writes(table: str, count: int, size: float, batches: Batches) -> float:
    """The write units that its items have cost."""
    rows = max(count, _sum(batches.get(_RESULTS.get(table, ""), ()), "results"))
    return rows * math.ceil(size / 1024) * _TRANSACTIONS.get(table, 1)


def _invocations(batches: list[dict[str, Any]]) -> float:
    return sum(math.ceil(float(item.get("results") or 0) / _MAPPED) for item in batches)


def _memory(clients: Clients, function: str) -> int:
    found = clients["lambda"].get_function_configuration(FunctionName=function)
    return int(found["MemorySize"])


def _record_bytes(clients: Clients, stream: str) -> float:
    kinesis = clients["kinesis"]
    sizes: list[int] = []
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        page = kinesis.get_records(ShardIterator=iterator, Limit=_SAMPLE)
        sizes += [len(record["Data"]) for record in page["Records"]]
    return sum(sizes) / len(sizes) if sizes else 0.0


def bucket_bytes(clients: Clients, bucket: str) -> int:
    """What lies in a bucket, bytes."""
    pages = clients["s3"].get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return sum(each["Size"] for page in pages for each in page.get("Contents", ()))
