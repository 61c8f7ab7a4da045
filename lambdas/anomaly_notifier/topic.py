"""The SNS topic: one message, said to each kind of subscriber in its own words."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.anomaly_notifier.alerts import Alert
from lambdas.anomaly_notifier.errors import PublishError
from lambdas.anomaly_notifier.times import time_text

_REFUSED = ("InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationError")


class Topic:
    """A standard topic, reached by an SNS client."""

    def __init__(self, client: Any, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, alert: Alert) -> str:
        """Send the message; returns the id that SNS gave it.

        Raises:
            PublishError: it was not sent, as far as is known.
        """
        try:
            response = self._client.publish(
                TopicArn=self._topic_arn,
                Subject=alert.subject,
                Message=json.dumps(_words(alert)),
                MessageStructure="json",
                MessageAttributes={"kind": {"DataType": "String", "StringValue": alert.kind}},
            )
        except ClientError as error:
            is_refused = error.response["Error"]["Code"] in _REFUSED
            raise PublishError(f"{alert.message_id}: {error}", is_refused) from error
        except BotoCoreError as error:
            raise PublishError(f"{alert.message_id}: {error}") from error
        return str(response["MessageId"])


def _words(alert: Alert) -> dict[str, str]:
    """The message by protocol; a queue's reader gets JSON with all of it."""
    queued = {
        "message_id": alert.message_id,
        "kind": alert.kind,
        "site": alert.site,
        "at": time_text(alert.at),
        "incident_id": alert.incident_id,
        "subject": alert.subject,
        "text": alert.text,
        "sms": alert.sms,
    }
    return {
        "default": alert.text,
        "email": alert.text,
        "sms": alert.sms,
        "sqs": json.dumps(queued, ensure_ascii=False),
    }
