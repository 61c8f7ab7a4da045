"""price_candidates' stream -> price model -> guardrails -> products and price_changes."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from lambdas.price_updater.batch import Batch, Parts
from lambdas.price_updater.failures import FailureQueue
from lambdas.price_updater.model import PriceModel
from lambdas.price_updater.settings import Settings
from lambdas.price_updater.store import PriceStore

SERVICE = "price_updater"

# Two tries of 10 s fit into the function's 60 s; what fails then is the mapping's to send again.
_CLIENT = Config(
    connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2}
)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Settle the records of a stream's batch; names those that must be sent again."""
    return handle(event, context, _parts())


def handle(
    event: dict[str, Any], context: LambdaContext, parts: Parts
) -> PartialItemFailureResponse:
    """The handler with its parts given."""
    batch = Batch(parts, event["Records"])

    def settle(record: DynamoDBRecord) -> str:
        return batch.settle(record.raw_event)

    # Lambda sends again from the lowest sequence number named. Records after it that are done
    # change nothing then: the ledger and the price's version know them.
    processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
    response = process_partial_response(event, settle, processor, context)
    _report(batch, parts, context)
    return response


@cache
def _parts() -> Parts:
    """The real parts, made at the first invocation and kept while the environment lives."""
    settings = Settings.from_environment(os.environ)
    client: Callable[..., Any] = partial(boto3.client, config=_CLIENT)
    return Parts(
        settings=settings,
        store=PriceStore(client("dynamodb"), settings.products_table, settings.price_changes_table),
        model=PriceModel(client("sagemaker-runtime"), settings.price_model_endpoint),
        failures=FailureQueue(client("sqs"), settings.failure_queue_url),
        clock=lambda: datetime.now(UTC),
        logger=Logger(service=SERVICE),
    )


def _report(batch: Batch, parts: Parts, context: LambdaContext) -> None:
    """One line of log and one of metrics for the batch."""
    request_id = context.aws_request_id  # an on-failure document of the mapping names it too
    parts.logger.info("batch", extra={"outcomes": batch.outcomes, "request_id": request_id})
    metrics = Metrics(namespace="Clickstream", service=SERVICE)
    metrics.add_metric("candidates", MetricUnit.Count, batch.outcomes.total())
    for outcome, count in batch.outcomes.items():
        metrics.add_metric(outcome, MetricUnit.Count, count)
    for waited in batch.click_to_price_ms:
        metrics.add_metric("click_to_price", MetricUnit.Milliseconds, waited)
    metrics.flush_metrics()
