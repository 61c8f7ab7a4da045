"""Session rows, as the Lambda destination sends them -> one conditional put each -> sessions."""

from __future__ import annotations

import os
from collections import Counter
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from lambdas.session_writer.batch import FAILED, THREADS, Batch, Parts
from lambdas.session_writer.settings import Settings
from lambdas.session_writer.store import SessionStore

SERVICE = "session_writer"

# A row that is not written soon fails alone, and is sent again; the others must be answered for.
_CLIENT = Config(
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=THREADS,
    retries={"mode": "standard", "total_max_attempts": 2},
)
_LONGEST_WRITE_MS = 16_000  # two tries with the pause between them

Answer = dict[str, list[dict[str, str]]]


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """Write the rows of a request; says of each record whether it must be sent again."""
    return handle(event, context, _parts())


def handle(event: dict[str, Any], context: LambdaContext, parts: Parts) -> Answer:
    """The handler with its parts given."""

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _LONGEST_WRITE_MS)

    records = event["records"]
    outcomes = Batch(parts, records, has_time).settle()
    _report(outcomes, event, parts)
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
    return Parts(
        settings=settings,
        store=SessionStore(boto3.client("dynamodb", config=_CLIENT), settings.sessions_table),
        logger=Logger(service=SERVICE),
    )


def _report(outcomes: list[str], event: dict[str, Any], parts: Parts) -> None:
    """One line of log and one of metrics for the request."""
    counts = Counter(outcomes)
    extra = {"outcomes": counts, "invocation_id": event.get("invocationId")}
    parts.logger.info("batch", extra=extra)
    metrics = Metrics(namespace="Clickstream", service=SERVICE)
    metrics.add_metric("rows", MetricUnit.Count, len(outcomes))
    for outcome, count in counts.items():
        metrics.add_metric(outcome, MetricUnit.Count, count)
    metrics.flush_metrics()
