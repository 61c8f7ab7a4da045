"""Anomaly rows, as the Lambda destination sends them -> incidents of a site -> SNS topic."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from lambdas.anomaly_notifier.alert_store import AlertStore
from lambdas.anomaly_notifier.batch import THREADS, Batch
from lambdas.anomaly_notifier.settings import Settings
from lambdas.anomaly_notifier.site_rows import FAILED, Parts
from lambdas.anomaly_notifier.store import IncidentStore
from lambdas.anomaly_notifier.topic import Topic

SERVICE = "anomaly_notifier"

# A call of 9 s at most: two tries of 4 s with the pause between them.
_CLIENT = Config(
    connect_timeout=1,
    read_timeout=3,
    max_pool_connections=THREADS,
    retries={"mode": "standard", "total_max_attempts": 2},
)
_LONGEST_STEP_MS = 28_000  # three calls: read, count, write; or claim, publish, mark

Answer = dict[str, list[dict[str, str]]]


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """Record the rows of a request and send their messages; says of each record whether it must
    be sent again."""
    return handle(event, context, _parts())


def handle(event: dict[str, Any], context: LambdaContext, parts: Parts) -> Answer:
    """The handler with its parts given."""

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _LONGEST_STEP_MS)

    records = event["records"]
    batch = Batch(parts, records, has_time)
    outcomes = batch.settle()
    _report(batch, outcomes, event, parts)
    return {
        "records": [
            {
                "recordId": record["recordId"],
                "result": "DeliveryFailed" if outcome == FAILED else "Ok",
            }
            for record, outcome in zip(records, outcomes, strict=True)
        ]
    }


@cache
def _parts() -> Parts:
    """The real parts, made at the first invocation and kept while the environment lives."""
    settings = Settings.from_environment(os.environ)
    client: Callable[..., Any] = partial(boto3.client, config=_CLIENT)
    dynamodb = client("dynamodb")
    return Parts(
        settings=settings,
        store=IncidentStore(dynamodb, settings.tables),
        alerts=AlertStore(dynamodb, settings.tables.alerts),
        topic=Topic(client("sns"), settings.topic_arn),
        clock=lambda: datetime.now(UTC),
        logger=Logger(service=SERVICE),
    )


def _report(batch: Batch, outcomes: list[str], event: dict[str, Any], parts: Parts) -> None:
    """One line of log and one of metrics for the request."""
    counts = Counter(outcomes)
    messages = {"sent": batch.sent, "held": batch.held}
    extra = {"outcomes": counts, "messages": messages, "invocation_id": event.get("invocationId")}
    parts.logger.info("batch", extra=extra)
    metrics = Metrics(namespace="Clickstream", service=SERVICE)
    metrics.add_metric("rows", MetricUnit.Count, len(outcomes))
    for name, count in (counts | Counter(messages)).items():
        metrics.add_metric(name, MetricUnit.Count, count)
    metrics.flush_metrics()
