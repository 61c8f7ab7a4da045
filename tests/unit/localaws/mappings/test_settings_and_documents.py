"""What is read of a mapping, what its records look like, and what it says when it gives up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from localaws.errors import LocalCloudError
from localaws.mappings.events import dynamodb_record, filter_view, kinesis_record
from localaws.mappings.failures import failure_document
from localaws.mappings.records import Batch, Discard, Failed, Succeeded
from localaws.mappings.settings import MappingSettings

DESCRIPTION = {
    "UUID": "u-1",
    "EventSourceArn": "arn:aws:dynamodb:us-east-1:0:table/t/stream/s",
    "FunctionArn": "arn:aws:lambda:us-east-1:0:function:f",
    "State": "Enabled",
}
ARRIVED = datetime(2026, 1, 1, 0, 0, 4, 835_000, tzinfo=UTC)


def _settings(**changes: Any) -> MappingSettings:
    return MappingSettings.from_description({**DESCRIPTION, **changes})


def test_defaults_are_those_of_aws() -> None:
    settings = _settings()
    assert (settings.batch_size, settings.window, settings.parallelization) == (100, 0.0, 1)
    assert (settings.maximum_retries, settings.maximum_age) == (-1, -1.0)
    assert (settings.bisect, settings.report_failures, settings.enabled) == (False, False, True)
    assert settings.destination_arn is None


def test_every_setting_is_read() -> None:
    settings = _settings(
        BatchSize=7,
        MaximumBatchingWindowInSeconds=3,
        ParallelizationFactor=2,
        MaximumRetryAttempts=0,
        MaximumRecordAgeInSeconds=60,
        BisectBatchOnFunctionError=True,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:0:q"}},
        FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]},
        State="Disabled",
    )
    assert (settings.batch_size, settings.window, settings.parallelization) == (7, 3.0, 2)
    assert (settings.maximum_retries, settings.maximum_age) == (0, 60.0)
    assert (settings.bisect, settings.report_failures, settings.enabled) == (True, True, False)
    assert settings.destination_arn == "arn:aws:sqs:us-east-1:0:q"
    assert not settings.filters({"eventName": "REMOVE"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"BatchSize": 0}, "BatchSize is 0; AWS allows 1 to 10000"),
        ({"ParallelizationFactor": 11}, "AWS allows 1 to 10"),
        ({"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::b"}}}, "use an SQS"),
    ],
)
def test_what_cannot_be_done_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(LocalCloudError, match=message):
        _settings(**changes)


def test_the_failure_document_has_the_shape_of_aws(kit: SimpleNamespace) -> None:
    records = tuple(
        replace(kit.record(number), arrived_at=ARRIVED.timestamp() + extra)
        for number, extra in (("10", 0.0), ("12", 0.745))
    )
    batch = Batch(records, invocations=3, last=Failed("Unhandled", "boom", "r-1", "$LATEST"))
    document = failure_document(
        _settings(), "shard-1", Discard(batch, "RetryAttemptsExhausted"), ARRIVED.timestamp() + 2
    )
    assert document == {
        "requestContext": {
            "requestId": "r-1",
            "functionArn": "arn:aws:lambda:us-east-1:0:function:f",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": "2026-01-01T00:00:06.835Z",
        "DDBStreamBatchInfo": {
            "shardId": "shard-1",
            "startSequenceNumber": "10",
            "endSequenceNumber": "12",
            "approximateArrivalOfFirstRecord": "2026-01-01T00:00:04.835Z",
            "approximateArrivalOfLastRecord": "2026-01-01T00:00:05.580Z",
            "batchSize": 2,
            "streamArn": "arn:aws:dynamodb:us-east-1:0:table/t/stream/s",
        },
    }


def test_a_partial_failure_has_no_function_error_and_kinesis_its_own_key(
    kit: SimpleNamespace,
) -> None:
    settings = _settings(EventSourceArn="arn:aws:kinesis:us-east-1:0:stream/s")
    batch = Batch((kit.record("10"),), invocations=1, last=Succeeded({}, "r-2"))
    document = failure_document(settings, "s", Discard(batch, "RetryAttemptsExhausted"), 0.0)
    assert document["responseContext"]["functionError"] is None
    assert document["KinesisBatchInfo"]["batchSize"] == 1


def test_a_batch_that_was_never_sent_has_no_response(kit: SimpleNamespace) -> None:
    discard = Discard(Batch((kit.record("10"),)), "RecordAgeExceeded")
    document = failure_document(_settings(), "s", discard, 0.0)
    assert document["responseContext"] is None
    assert document["requestContext"]["approximateInvokeCount"] == 0


def test_a_change_of_a_table_becomes_the_event_that_lambda_makes_of_it() -> None:
    change = {
        "eventID": "e-1",
        "eventName": "REMOVE",
        "userIdentity": {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"},
        "dynamodb": {
            "ApproximateCreationDateTime": ARRIVED,
            "Keys": {"b": {"S": "2"}, "a": {"S": "1"}},
            "OldImage": {"keys": {"B": b"\x00\xff"}, "list": {"L": [{"B": b"a"}]}},
            "SequenceNumber": "111",
        },
    }
    record = dynamodb_record(change, "arn:s")
    assert record.sequence_number == "111"
    assert record.key == '{"a": {"S": "1"}, "b": {"S": "2"}}'
    assert record.arrived_at == ARRIVED.timestamp()
    assert record.event["eventSourceARN"] == "arn:s"
    assert record.event["userIdentity"] == {
        "principalId": "dynamodb.amazonaws.com",
        "type": "Service",
    }
    image = record.event["dynamodb"]["OldImage"]
    assert image == {"keys": {"B": "AP8="}, "list": {"L": [{"B": "YQ=="}]}}
    assert record.event["dynamodb"]["ApproximateCreationDateTime"] == ARRIVED.timestamp()


@pytest.mark.parametrize(
    ("data", "seen"), [(b'{"v": 1}', {"v": 1}), (b"text", "text"), (b"\xff", "\ufffd")]
)
def test_a_filter_sees_the_data_of_a_kinesis_record_decoded(data: bytes, seen: Any) -> None:
    raw = {
        "SequenceNumber": "5",
        "PartitionKey": "u-1",
        "Data": data,
        "ApproximateArrivalTimestamp": ARRIVED,
    }
    record = kinesis_record(raw, "arn:s", "shardId-0")
    assert record.event["eventID"] == "shardId-0:5"
    view = filter_view(record.event)
    assert (view["data"], view["partitionKey"]) == (seen, "u-1")
