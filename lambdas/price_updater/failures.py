"""The queue of candidates that no price came of, each with the reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.price_updater.errors import PriceUpdaterError, TransientError
from lambdas.price_updater.record import time_text


class FailureQueue:
    """An SQS queue; the mapping's own on-failure documents arrive in the same one."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, record: Mapping[str, Any], error: PriceUpdaterError, at: datetime) -> None:
        """Set a record's candidate aside.

        Raises:
            TransientError: the queue did not take it.
        """
        body = json.dumps(_message(record, error, at), ensure_ascii=False)
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=body)
        except (ClientError, BotoCoreError) as failure:
            raise TransientError("queue_failed", f"failure queue: {failure}") from failure


def _message(record: Mapping[str, Any], error: PriceUpdaterError, at: datetime) -> dict[str, Any]:
    keys = record["dynamodb"].get("Keys", {})
    return {
        "product_id": keys.get("product_id", {}).get("S"),
        "candidate_id": keys.get("candidate_id", {}).get("S"),
        "code": error.code,
        "reason": str(error),
        "retried": isinstance(error, TransientError),
        "sequence_number": record["dynamodb"].get("SequenceNumber"),
        "event_source_arn": record.get("eventSourceARN"),
        "set_aside_at": time_text(at),
    }
