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
    topics = list(names.get("AWS::SNS::Topic", ()))
    functions = list(names.get("AWS::Lambda::Function", ()))
    return Volume(
        observed_seconds=days * _DAY,
        puts={each: _puts(metrics, each) for each in names.get("AWS::Kinesis::Stream", ())},
        write_units=_units(clients, metrics, "ConsumedWriteCapacityUnits", tables),
        read_units=_units(clients, metrics, "ConsumedReadCapacityUnits", tables),
        calls={each: _calls(clients, metrics, each) for each in functions},
        batches=_batches(metrics),
        emails=_sent(clients, metrics, topics, "email"),
        messages=_sent(clients, metrics, topics, "sms"),
        table_bytes=sum(_table_bytes(clients, table) for table in tables),
        lake_bytes=bucket_bytes(clients, bucket),
    )


class _Metrics:
    """Sums of metrics, a second on average."""

    def __init__(self, cloudwatch: Any, until: datetime, days: int) -> None:
        self._cloudwatch = cloudwatch
        self._window = {"StartTime": until - timedelta(days=days), "EndTime": until}
        self._seconds = days * _DAY

    def rate(self, namespace: str, metric: str, **dimensions: str) -> float:
        found = self._cloudwatch.get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            Period=_DAY,
            Statistics=["Sum"],
            **self._window,
        )
        return float(sum(point["Sum"] for point in found["Datapoints"])) / self._seconds

    def table(self, metric: str, table: str) -> float:
        return self.rate("AWS/DynamoDB", metric, TableName=table)

    def index(self, metric: str, table: str, index: str) -> float:
        dimensions = {"TableName": table, "GlobalSecondaryIndexName": index}
        return self.rate("AWS/DynamoDB", metric, **dimensions)

    def topic(self, arn: str) -> float:
        name = arn.rpartition(":")[2]
        return self.rate("AWS/SNS", "NumberOfMessagesPublished", TopicName=name)


def _units(
    clients: Clients, metrics: _Metrics, metric: str, tables: Iterable[str]
) -> dict[str, float]:
    """Units of the tables, and of their indexes by `table.index`: a table's are its own alone."""
    found: dict[str, float] = {}
    for table in tables:
        found[table] = metrics.table(metric, table)
        described = clients["dynamodb"].describe_table(TableName=table)["Table"]
        for each in described.get("GlobalSecondaryIndexes", ()):
            index = each["IndexName"]
            found[f"{table}.{index}"] = metrics.index(metric, table, index)
    return found


def _sent(clients: Clients, metrics: _Metrics, topics: Iterable[str], protocol: str) -> float:
    """What the topics' subscribers of a protocol got: each gets every message."""
    pages = clients["sns"].get_paginator("list_subscriptions_by_topic")
    sent = 0.0
    for topic in topics:
        found = [s for page in pages.paginate(TopicArn=topic) for s in page["Subscriptions"]]
        confirmed = [s for s in found if s["SubscriptionArn"].startswith("arn:")]
        count = sum(s["Protocol"] == protocol for s in confirmed)
        sent += metrics.topic(topic) * count if count else 0.0
    return sent


def _puts(metrics: _Metrics, stream: str) -> Puts:
    records = metrics.rate("AWS/Kinesis", "IncomingRecords", StreamName=stream)
    size = metrics.rate("AWS/Kinesis", "IncomingBytes", StreamName=stream)
    return Puts(records, size / records if records else 0.0)


def _calls(clients: Clients, metrics: _Metrics, function: str) -> Calls:
    found = clients["lambda"].get_function_configuration(FunctionName=function)
    calls = metrics.rate("AWS/Lambda", "Invocations", FunctionName=function)
    millis = metrics.rate("AWS/Lambda", "Duration", FunctionName=function)
    seconds = millis / calls / 1_000 if calls else None
    return Calls(calls, int(found["MemorySize"]), seconds)


def _batches(metrics: _Metrics) -> float:
    """Every batch of every job puts one item into job_batches, which is at most one unit."""
    return metrics.table("ConsumedWriteCapacityUnits", "job_batches")


def _table_bytes(clients: Clients, table: str) -> int:
    return int(clients["dynamodb"].describe_table(TableName=table)["Table"]["TableSizeBytes"])
