"""The volume of an account, from the metrics that AWS keeps of its resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from localaws.clients import Clients
from localaws.costs.here import bucket_bytes
from localaws.costs.volume import Calls, Puts, Volume

_DAY = 86_400


def read_metrics(
    clients: Clients,
    names: Mapping[str, Iterable[str]],
    bucket: str,
    until: datetime,
    days: int,
) -> Volume:
    """What the resources of a stack did in the last days; `names` are theirs by type."""
    metrics = _Metrics(clients["cloudwatch"], until, days)
    tables = list(names.get("AWS::DynamoDB::Table", ()))
    functions = list(names.get("AWS::Lambda::Function", ()))
    return Volume(
        observed_seconds=days * _DAY,
        puts={each: _puts(metrics, each) for each in names.get("AWS::Kinesis::Stream", ())},
        write_units={t: metrics.table("ConsumedWriteCapacityUnits", t) for t in tables},
        read_units={t: metrics.table("ConsumedReadCapacityUnits", t) for t in tables},
        calls={each: _calls(clients, metrics, each) for each in functions},
        batches=_batches(metrics),
        emails=sum(metrics.topic(arn) for arn in names.get("AWS::SNS::Topic", ())),
        table_bytes=sum(_table_bytes(clients, table) for table in tables),
        lake_bytes=bucket_bytes(clients, bucket),
    )


class _Metrics:
    """Sums of metrics, a second on average."""

    def __init__(self, cloudwatch: Any, until: datetime, days: int) -> None:
        self._cloudwatch = cloudwatch
        self._window = {"StartTime": until - timedelta(days=days), "EndTime": until}
        self._seconds = days * _DAY

    def rate(self, namespace: str, metric: str, name: str, value: str) -> float:
        found = self._cloudwatch.get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value}],
            Period=_DAY,
            Statistics=["Sum"],
            **self._window,
        )
        return float(sum(point["Sum"] for point in found["Datapoints"])) / self._seconds

    def table(self, metric: str, table: str) -> float:
        return self.rate("AWS/DynamoDB", metric, "TableName", table)

    def topic(self, arn: str) -> float:
        name = arn.rpartition(":")[2]
        return self.rate("AWS/SNS", "NumberOfMessagesPublished", "TopicName", name)


def _puts(metrics: _Metrics, stream: str) -> Puts:
    records = metrics.rate("AWS/Kinesis", "IncomingRecords", "StreamName", stream)
    size = metrics.rate("AWS/Kinesis", "IncomingBytes", "StreamName", stream)
    return Puts(records, size / records if records else 0.0)


def _calls(clients: Clients, metrics: _Metrics, function: str) -> Calls:
    found = clients["lambda"].get_function_configuration(FunctionName=function)
    calls = metrics.rate("AWS/Lambda", "Invocations", "FunctionName", function)
    millis = metrics.rate("AWS/Lambda", "Duration", "FunctionName", function)
    seconds = millis / calls / 1_000 if calls else None
    return Calls(calls, int(found["MemorySize"]), seconds)


def _batches(metrics: _Metrics) -> float:
    """Every batch of every job puts one item into job_batches, which is at most one unit."""
    return metrics.table("ConsumedWriteCapacityUnits", "job_batches")


def _table_bytes(clients: Clients, table: str) -> int:
    return int(clients["dynamodb"].describe_table(TableName=table)["Table"]["TableSizeBytes"])
