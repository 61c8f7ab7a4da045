"""Where batches go: the function, or the on-failure destination."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from localaws.clients import Clients
from localaws.environment import ACCOUNT, REGION
from localaws.mappings.records import Batch, Failed, NotReached, Outcome, Succeeded

_TOO_LARGE = "RequestTooLargeException"


class Function:
    """A Lambda function, invoked and waited for.

    No retries and a time-out above the longest run of a function, so that one call is one run.
    """

    def __init__(self, endpoint: str, arn: str) -> None:
        self._arn = arn
        self._client: Any = boto3.client(
            "lambda",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="local",  # noqa: S106 - the emulator takes any
            config=Config(
                retries={"total_max_attempts": 1},
                read_timeout=910,
                max_pool_connections=10,
                proxies={},
            ),
        )

    def __call__(self, batch: Batch) -> Outcome:
        """Send the batch and wait for the answer."""
        event = {"Records": [record.event for record in batch.records]}
        try:
            answer = self._client.invoke(FunctionName=self._arn, Payload=json.dumps(event))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == _TOO_LARGE:
                return Failed(detail=str(error))
            return NotReached(str(error))
        except BotoCoreError as error:
            return NotReached(str(error))
        return _outcome(answer)


def _outcome(answer: Mapping[str, Any]) -> Outcome:
    text = answer["Payload"].read()
    request_id = answer.get("ResponseMetadata", {}).get("RequestId", "")
    version = answer.get("ExecutedVersion", "$LATEST")
    if "FunctionError" in answer:
        detail = text.decode("utf-8", "replace")
        return Failed(answer["FunctionError"], detail, request_id, version)
    try:
        payload = json.loads(text) if text else None
    except ValueError:
        payload = text.decode("utf-8", "replace")
    return Succeeded(payload, request_id, version)


def send_to_destination(clients: Clients, arn: str, document: Mapping[str, Any]) -> None:
    """Put the document of a batch that was given up into a queue or topic."""
    text = json.dumps(document)
    if arn.startswith("arn:aws:sns:"):
        clients["sns"].publish(TopicArn=arn, Message=text)
        return
    queue = clients["sqs"].get_queue_url(QueueName=arn.rpartition(":")[2])
    clients["sqs"].send_message(QueueUrl=queue["QueueUrl"], MessageBody=text)
