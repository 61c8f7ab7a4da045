"""Rows through Spark's Python workers to a function behind a real HTTP endpoint."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from glue_jobs.lambda_destination import Destination, deliver, undelivered
from tests.unit.glue_jobs.fake_lambda import FakeLambda, serving
from transforms.rejects import rejects

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

COLUMNS = "record_id string, key string, at bigint, data string"
ARN = "arn:aws:glue:us-east-1:1:job/click_sessions"
TWO_TRIES = Destination("session_writer", ARN, max_records=3, attempts=2)
AT = 1_767_225_600_000


class Picky(FakeLambda):
    """Takes rows of `late` when they come again, and rows of `never` not at all."""

    def answer(self, request: dict[str, Any]) -> Any:
        return {"records": [self._result(each) for each in request["records"]]}

    def _result(self, record: dict[str, Any]) -> dict[str, str]:
        word = json.loads(base64.b64decode(record["data"]))["take"]
        hint = record["lambdaDeliveryRecordMetadata"]["retryHint"]
        taken = word == "now" or (word == "late" and hint > 0)
        return {"recordId": record["recordId"], "result": "Ok" if taken else "DeliveryFailed"}


@pytest.fixture
def fake(spark: Any, cloud: str) -> Iterator[Picky]:
    """The function where the Python workers look for it."""
    environment = spark.sparkContext.environment
    with serving(Picky()) as running:
        environment["AWS_ENDPOINT_URL_LAMBDA"] = running.endpoint
        yield running
        del environment["AWS_ENDPOINT_URL_LAMBDA"]


def row(number: int, take: str = "now", key: str = "anna") -> tuple[str, str, int, str]:
    return (
        f"r{number}",
        key,
        AT + number,
        json.dumps({"take": take, "name": "é"}, ensure_ascii=False),
    )


def frame(spark: Any, *rows: tuple[str, str, int, str]) -> Any:
    return spark.createDataFrame(list(rows), COLUMNS).coalesce(1)


def test_rows_arrive_in_order_and_what_is_not_taken_becomes_a_reject(
    spark: Any, fake: Picky
) -> None:
    rows = frame(spark, row(1), row(2, "late"), row(3, "never"), row(4, "now", "bert"))
    delivered = deliver(rows, TWO_TRIES).persist()
    found = {each["record_id"]: each for each in delivered.collect()}

    assert [
        [(r["recordId"], r["lambdaDeliveryRecordMetadata"]["retryHint"]) for r in each["records"]]
        for each in fake.requests
    ] == [[("r1", 0), ("r2", 0), ("r3", 0)], [("r2", 1), ("r3", 1)], [("r4", 0)]]
    assert {each["applicationArn"] for each in fake.requests} == {ARN}
    assert {name: each["reason"] for name, each in found.items()} == {
        "r1": None,
        "r2": None,
        "r3": "delivery_failed",
        "r4": None,
    }
    assert found["r1"]["payload_bytes"] == 29

    (reject,) = rejects(undelivered(delivered, TWO_TRIES), "click_sessions").collect()
    delivered.unpersist()
    assert reject.asDict() == {
        "position": "session_writer/r3",
        "job": "click_sessions",
        "stream": "session_writer",
        "sequence_number": "r3",
        "partition_key": "anna",
        "arrived_at": "2026-01-01T00:00:00.003Z",
        "reason": "delivery_failed",
        "detail": "after 2 attempts: the function answered DeliveryFailed",
        "payload": '{"take": "never", "name": "é"}',
        "payload_bytes": 31,
        "expires_at": AT // 1_000 + 90 * 86_400,
    }


def test_a_row_that_no_item_holds_is_cut_where_it_is_set_aside(spark: Any) -> None:
    given_up = [("r1", "k" * 300, AT, "é" * 200_000, "too_large", "...", 400_000)]
    columns = f"{COLUMNS}, reason string, detail string, payload_bytes bigint"
    (row,) = undelivered(spark.createDataFrame(given_up, columns), TWO_TRIES).collect()
    assert row["payload"] == "é" * 90_000
    assert row["partition_key"] == "k" * 256
    assert row["payload_bytes"] == 400_000


def test_a_function_that_is_not_there_fails_the_batch_by_name(spark: Any, fake: Picky) -> None:
    fake.refused = (404, {"x-amzn-ErrorType": "ResourceNotFoundException"}, b"{}")
    with pytest.raises(Exception, match=r"function 'session_writer': .*ResourceNotFoundException"):
        deliver(frame(spark, row(1)), TWO_TRIES).collect()


def test_no_rows_ask_for_nothing(spark: Any, fake: Picky) -> None:
    assert deliver(frame(spark), TWO_TRIES).collect() == []
    assert fake.requests == []
