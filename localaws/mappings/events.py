"""Records of the stream APIs as the events that Lambda makes of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from localaws.environment import REGION
from localaws.mappings.records import StreamRecord


def dynamodb_record(record: Mapping[str, Any], stream_arn: str) -> StreamRecord:
    """A record of DynamoDB Streams' GetRecords."""
    change = record["dynamodb"]
    event = _plain(record) | {"eventSourceARN": stream_arn}
    if "userIdentity" in record:
        # The stream API says PrincipalId and Type, the function sees them in lower case.
        event["userIdentity"] = {
            key[0].lower() + key[1:]: value for key, value in record["userIdentity"].items()
        }
    return StreamRecord(
        sequence_number=change["SequenceNumber"],
        key=json.dumps(event["dynamodb"]["Keys"], sort_keys=True),
        arrived_at=_seconds(change["ApproximateCreationDateTime"]),
        event=event,
        size=len(json.dumps(event)),
    )


def kinesis_record(
    record: Mapping[str, Any], stream_arn: str, shard_id: str, role_arn: str = ""
) -> StreamRecord:
    """A record of Kinesis' GetRecords."""
    number = record["SequenceNumber"]
    arrived_at = _seconds(record["ApproximateArrivalTimestamp"])
    event = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": number,
            "data": base64.b64encode(record["Data"]).decode(),
            "approximateArrivalTimestamp": arrived_at,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role_arn,
        "awsRegion": REGION,
        "eventSourceARN": stream_arn,
    }
    size = len(json.dumps(event))
    return StreamRecord(number, record["PartitionKey"], arrived_at, event, size)


def filter_view(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a filter pattern sees: for Kinesis the metadata, and `data` decoded.

    Data that is not JSON stays text, so that a pattern for JSON does not match it.
    """
    if "kinesis" not in event:
        return event
    text = base64.b64decode(event["kinesis"]["data"]).decode("utf-8", "replace")
    try:
        data = json.loads(text)
    except ValueError:
        data = text
    return {**event["kinesis"], "data": data}


def _seconds(moment: datetime | float) -> float:
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)


def _plain(value: Any) -> Any:
    """The value with bytes as base64 and times as epoch seconds, as JSON has neither."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.timestamp() if isinstance(value, datetime) else value
