"""The document that the on-failure destination gets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from localaws.mappings.records import Discard, Failed, Succeeded
from localaws.mappings.settings import MappingSettings


def iso_millis(seconds: float) -> str:
    """Epoch seconds as ISO-8601 UTC with milliseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def failure_document(
    settings: MappingSettings, shard_id: str, discard: Discard, now: float
) -> dict[str, Any]:
    """The document of one batch that was given up; it has positions, not the records.

    Source: AWS Lambda developer guide, "Retain discarded batches", example invocation records.
    """
    batch = discard.batch
    kind = "DDBStreamBatchInfo" if ":dynamodb:" in settings.source_arn else "KinesisBatchInfo"
    first, last = batch.records[0], batch.records[-1]
    return {
        "requestContext": {
            "requestId": batch.last.request_id if batch.last else "",
            "functionArn": settings.function_arn,
            "condition": discard.condition,
            "approximateInvokeCount": batch.invocations,
        },
        "responseContext": _response_context(batch.last),
        "version": "1.0",
        "timestamp": iso_millis(now),
        kind: {
            "shardId": shard_id,
            "startSequenceNumber": first.sequence_number,
            "endSequenceNumber": last.sequence_number,
            "approximateArrivalOfFirstRecord": iso_millis(first.arrived_at),
            "approximateArrivalOfLastRecord": iso_millis(last.arrived_at),
            "batchSize": len(batch.records),
            "streamArn": settings.source_arn,
        },
    }


def _response_context(last: Succeeded | Failed | None) -> dict[str, Any] | None:
    if last is None:
        return None
    return {
        "statusCode": 200,
        "executedVersion": last.version,
        "functionError": last.error if isinstance(last, Failed) else None,
    }
