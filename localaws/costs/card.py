"""The cost card: a line for each thing that is paid for, with the formula that it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from localaws.costs.prices import Prices
from localaws.costs.volume import Calls, Capacity, Job, Volume
from localaws.errors import LocalCloudError

_GB = 1e9
_PUT_UNIT = 25 * 1024  # bytes: "25 KB payload chunks"


@dataclass(frozen=True)
class Line:
    """What one thing costs a month, US dollars."""

    service: str
    what: str
    formula: str
    dollars: float


def cost_card(capacity: Capacity, volume: Volume, prices: Prices) -> list[Line]:
    """Every line of the card.

    Raises:
        LocalCloudError: the prices do not have the endpoint's instance type.
    """
    card = _Card(prices)
    return [
        *(card.job(job) for job in capacity.jobs),
        *(card.shards(name, count) for name, count in capacity.shards.items()),
        *card.puts(volume),
        *card.units("write", volume.write_units),
        *card.units("read", volume.read_units),
        *(card.function(name, calls) for name, calls in volume.calls.items()),
        *card.endpoint(capacity.endpoint),
        *card.storage(volume),
        *card.batches(volume),
        *card.messages(volume),
    ]


class _Card:
    def __init__(self, prices: Prices) -> None:
        self._price = prices.price
        self._assumed = prices.assumption
        self._endpoints = prices.endpoint_hour
        self._hours = prices.assumption["hours_a_month"]
        self._seconds = self._hours * 3_600

    def job(self, job: Job) -> Line:
        dpu = job.workers * job.dpu_each
        price = self._price["glue_dpu_hour"]
        if job.streaming:
            hours, when = self._hours, f"{self._hours:g} h"
        else:
            minutes = self._assumed["batch_job_minutes"] if job.minutes is None else job.minutes
            # Glue bills a minute at least.
            hours = job.runs_a_month * max(minutes, 1.0) / 60
            when = f"{job.runs_a_month:g} runs x {max(minutes, 1.0):.3g} min"
        formula = f"{job.workers} workers x {job.dpu_each:g} DPU x {when} x ${price:g}"
        return Line("Glue", f"job {job.name}", formula, dpu * hours * price)

    def shards(self, stream: str, count: int) -> Line:
        price = self._price["kinesis_shard_hour"]
        formula = f"{count} shards x {self._hours:g} h x ${price:g}"
        return Line("Kinesis", f"{stream}: shards", formula, count * self._hours * price)

    def puts(self, volume: Volume) -> Iterator[Line]:
        for stream, puts in volume.puts.items():
            units = max(1, math.ceil(puts.bytes_each / _PUT_UNIT))
            yield self._millions(
                "Kinesis",
                f"{stream}: PUT units",
                f"{puts.records:.4g} records/s x {units} of 25 KB",
                puts.records * units,
                "kinesis_million_put_units",
            )

    def units(self, kind: str, tables: Mapping[str, float]) -> Iterator[Line]:
        for table, rate in tables.items():
            key = f"dynamodb_million_{kind}_units"
            text = f"{rate:.4g} units/s"
            yield self._millions("DynamoDB", f"{table}: {kind}s", text, rate, key)

    def function(self, name: str, calls: Calls) -> Line:
        seconds = self._assumed["lambda_seconds"] if calls.seconds is None else calls.seconds
        memory = calls.memory_mb / 1024
        second, million = self._price["lambda_gb_second"], self._price["lambda_million_requests"]
        formula = (
            f"{calls.invocations:.4g}/s x {self._seconds:g} s x ({memory:g} GB x {seconds:.3g} s"
            f" x ${second:.10f} + ${million:g}/million)"
        )
        each = memory * seconds * second + million / 1e6
        return Line("Lambda", name, formula, calls.invocations * self._seconds * each)

    def endpoint(self, kind: str | None) -> Iterator[Line]:
        if kind is None:
            return
        if kind not in self._endpoints:
            raise LocalCloudError(
                f"costs: no price of {kind}; there are {', '.join(sorted(self._endpoints))}: add it"
                " to a copy of the prices, and give that with --prices"
            )
        price = self._endpoints[kind]
        formula = f"1 {kind} x {self._hours:g} h x ${price:g}"
        yield Line("SageMaker", "endpoint price-model", formula, self._hours * price)

    def storage(self, volume: Volume) -> Iterator[Line]:
        table_price = self._price["dynamodb_gb_month"] + self._price["dynamodb_backup_gb_month"]
        tables, lake = volume.table_bytes / _GB, volume.lake_bytes / _GB
        formula = f"{tables:.4g} GB now x ${table_price:g} (with point-in-time recovery)"
        yield Line("DynamoDB", "storage", formula, tables * table_price)
        price = self._price["s3_gb_month"]
        yield Line("S3", "storage", f"{lake:.4g} GB now x ${price:g}", lake * price)

    def batches(self, volume: Volume) -> Iterator[Line]:
        puts, price = self._assumed["s3_puts_a_batch"], self._price["s3_thousand_puts"]
        month = volume.batches * self._seconds
        yield Line(
            "S3",
            "writes of checkpoints",
            f"{month:,.0f} batches x {puts:g} x ${price:g}/1,000",
            month * puts / 1_000 * price,
        )
        size, price = self._assumed["log_bytes_a_batch"], self._price["logs_gb"]
        yield Line(
            "CloudWatch",
            "logs of jobs",
            f"{month:,.0f} batches x {size:g} bytes x ${price:g}/GB",
            month * size / _GB * price,
        )

    def messages(self, volume: Volume) -> Iterator[Line]:
        emails, texts = volume.emails * self._seconds, volume.messages * self._seconds
        price = self._price["sns_thousand_emails"]
        formula = f"{emails:.4g} emails x ${price:g}/1,000"
        yield Line("SNS", "emails", formula, emails / 1_000 * price)
        price = self._price["sns_sms"]
        yield Line("SNS", "SMS", f"{texts:.4g} messages x ${price:g}", texts * price)
        key = "scheduler_million_invocations"
        rate = volume.schedules
        yield self._millions("EventBridge", "schedules", f"{rate * 60:.4g}/min", rate, key)

    def _millions(self, service: str, what: str, text: str, rate: float, key: str) -> Line:
        price = self._price[key]
        formula = f"{text} x {self._seconds:g} s x ${price:g}/million"
        return Line(service, what, formula, rate * self._seconds / 1e6 * price)
