"""Event source mappings on the real APIs: what a function sees, and what it never gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

HANDLER = """
import boto3
client = boto3.client("dynamodb")

def note(record):
    key = record["dynamodb"]["Keys"]["id"]
    client.put_item(TableName="SEEN_TABLE", Item={"id": key})
    return key["S"]
"""
RAISES_ON_POISON = """
def handler(event, context):
    if any("poison" in str(r["dynamodb"]["Keys"]) for r in event["Records"]):
        raise ValueError("poison")
    for record in event["Records"]:
        note(record)
"""
REPORTS_POISON = """
def handler(event, context):
    for record in event["Records"]:
        if "poison" in str(record["dynamodb"]["Keys"]):
            number = record["dynamodb"]["SequenceNumber"]
            return {"batchItemFailures": [{"itemIdentifier": number}]}
        note(record)
"""
Mapped = Callable[..., Any]


def test_a_poison_record_ends_in_the_queue_and_the_rest_is_delivered(mapped: Mapped) -> None:
    table = mapped(
        HANDLER + RAISES_ON_POISON,
        BatchSize=10,
        MaximumRetryAttempts=1,
        BisectBatchOnFunctionError=True,
    )
    table.put("a", "b", "poison", "c")
    table.settle()
    assert table.seen_ids() == ["a", "b", "c"]
    (document,) = table.failures()
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["responseContext"]["functionError"] == "Unhandled"
    assert document["DDBStreamBatchInfo"]["batchSize"] == 1


def test_a_reported_failure_is_delivered_again_and_then_given_up(mapped: Mapped) -> None:
    table = mapped(
        HANDLER + REPORTS_POISON,
        BatchSize=1,
        MaximumRetryAttempts=2,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    table.put("a", "poison", "b")
    table.settle()
    assert table.seen_ids() == ["a", "b"]
    (document,) = table.failures()
    assert document["requestContext"]["approximateInvokeCount"] == 3
    assert document["responseContext"]["functionError"] is None


def test_a_blocked_mapping_does_not_hold_up_another(mapped: Mapped) -> None:
    blocked = mapped(HANDLER + RAISES_ON_POISON, BatchSize=1)
    blocked.put("poison", "behind it")
    free = mapped(HANDLER + RAISES_ON_POISON, BatchSize=1)
    free.put("a")
    free.wait_for_seen("a")
    assert blocked.seen_ids() == []
    blocked.disable()


def test_only_records_that_pass_the_filter_reach_the_function(mapped: Mapped) -> None:
    table = mapped(
        HANDLER + RAISES_ON_POISON,
        FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["REMOVE"]}'}]},
    )
    table.put("a", "b")
    table.remove("b")
    table.settle()
    assert table.seen_ids() == ["b"]
