"""Anomaly rows, as the Lambda destination sends them -> incidents of a site -> SNS topic.

Three events: `{"records": [...]}` of the destination; the same without a record, which is answered
once the settings were found right, so that a sender can try them; and `{"sweep": true}` of the
schedule, which sends what waits.
"""

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
from lambdas.anomaly_notifier.batch import Batch
from lambdas.anomaly_notifier.parts import THREADS, Parts
from lambdas.anomaly_notifier.settings import Settings
from lambdas.anomaly_notifier.site_rows import FAILED, OUTCOMES
from lambdas.anomaly_notifier.store import IncidentStore
from lambdas.anomaly_notifier.sweep import sweep
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
Counts = dict[str, int]


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Answer | Counts:
    """Record the rows of a request and send their messages; says of each record whether it must
    be sent again. Of a sweep, how many messages were `found`, `sent`, and are `pending` still.

    Raises:
        SettingsError: the function's environment is wrong.
        StoreError: a sweep could not read what waits.
    """
    return handle(event, context, _parts())


def handle(event: dict[str, Any], context: LambdaContext, parts: Parts) -> Answer | Counts:
    """The handler with its parts given."""

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _LONGEST_STEP_MS)

    if event.get("sweep"):
        counts = sweep(parts, has_time)
        _measure(counts)
        return counts
    records = event["records"]
    if not records:
        return {"records": []}
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
    messages, invocation_id = batch.messages, event.get("invocationId")
    extra = {"outcomes": counts, "messages": messages, "invocation_id": invocation_id}
    parts.logger.info("batch", extra=extra)
    found = {name: counts[name] for name in OUTCOMES}
    _measure({"rows": len(outcomes)} | found | messages)


def _measure(counts: Counts) -> None:
    """One line of metrics, zeros too: an alarm must tell nothing from no data."""
    metrics = Metrics(namespace="Clickstream", service=SERVICE)
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    metrics.flush_metrics()
