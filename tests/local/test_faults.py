"""Whatever is killed, fails or is sent twice: the tables end as those of an undisturbed run."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from localaws.sending import Record
from localaws.tables import count_items
from localaws.waiting import wait_until
from tests.local.gate import Gate, serving

Tables = dict[str, list[dict[str, Any]]]
# Fails after its work is done: the worst of cases, since everything is delivered again.
FAULTY = """
import uuid

import boto3
from lambdas.price_updater.app import lambda_handler

calls = 0

def handler(event, context):
    global calls
    calls += 1
    answer = lambda_handler(event, context)
    if calls % 3 == 0:
        s3 = boto3.client("s3")
        s3.put_object(Bucket="clickstream-artefacts", Key=f"failed/{uuid.uuid4()}", Body=b"")
        raise RuntimeError(f"call {calls} fails")
    return answer
"""
GOOD = {
    "event_id": "e",
    "user_id": "u",
    "event_timestamp": 1_767_225_605_000,
    "event_type": "click",
    "product_id": "p-001",
}
UNKNOWN = "nobody-knows"
BAD_RECORDS: dict[str, tuple[bytes, str]] = {
    "garbage": (b"\x00\x01garbage", "not_json"),
    "truncated": (json.dumps(GOOD).encode()[:-5], "not_json"),
    "not utf-8": (b'{"user_id": "\xff\xfe"}', "not_utf8"),
    "a list": (b"[1, 2, 3]", "wrong_type"),
    "time as text": (json.dumps({**GOOD, "event_timestamp": "soon"}).encode(), "wrong_type"),
    "user as number": (json.dumps({**GOOD, "user_id": 5}).encode(), "wrong_type"),
    "no user": (
        json.dumps({k: v for k, v in GOOD.items() if k != "user_id"}).encode(),
        "missing_field",
    ),
    "no time": (
        json.dumps({k: v for k, v in GOOD.items() if k != "event_timestamp"}).encode(),
        "missing_field",
    ),
    "negative price": (json.dumps({**GOOD, "price_cents": -1}).encode(), "bad_value"),
    "no units": (json.dumps({**GOOD, "quantity": 0}).encode(), "bad_value"),
    "unknown type": (json.dumps({**GOOD, "event_type": "stare"}).encode(), "bad_value"),
    "1970": (json.dumps({**GOOD, "event_timestamp": 5}).encode(), "timestamp_out_of_range"),
    "2100": (
        json.dumps({**GOOD, "event_timestamp": 4_102_444_800_000}).encode(),
        "timestamp_out_of_range",
    ),
    "1 MB": (json.dumps({**GOOD, "blob": "x" * 1_000_000}).encode(), "too_large"),
}


def test_a_job_killed_in_the_middle_of_a_batch_starts_again_and_ends_alike(
    loop: Any, undisturbed: list[Tables]
) -> None:
    loop.put(loop.events(0))
    # Products with candidates of two windows are written in a transaction each; three are there.
    gate = Gate(loop.cloud.endpoint, "TransactWriteItems", "price_candidates", through=3)
    with serving(gate) as url:
        loop.cloud.supervisor.environment["AWS_ENDPOINT_URL_DYNAMODB"] = url
        run = loop.start_job()
        gate.wait_until_it_holds()
        written = count_items(loop.clients, "price_candidates")
        _kill_tree(run.child.process.pid)
        gate.open()
        assert 0 < written < len(undisturbed[0]["price_candidates"])
        assert count_items(loop.clients, "job_batches") == 0
        loop.finish(run)  # the deployed job has one retry
    assert loop.differences(undisturbed[0]) == []
    assert loop.rejects() == {}


def test_a_function_that_fails_on_every_third_call_ends_alike(
    loop: Any, undisturbed: list[Tables]
) -> None:
    _make_faulty(loop)
    loop.round(loop.events(0))
    failed = loop.clients["s3"].list_objects_v2(Bucket="clickstream-artefacts", Prefix="failed/")
    assert failed["KeyCount"] > 1
    assert loop.differences(undisturbed[0]) == []


def test_a_model_that_is_down_for_20_seconds_ends_alike(
    loop: Any, undisturbed: list[Tables]
) -> None:
    loop.put(loop.events(0))
    run = loop.start_job()
    loop.cloud.model.stop()
    wait_until(
        lambda: count_items(loop.clients, "price_candidates") > 0,
        180,
        lambda: f"no candidate was written: {run.log_tail()}",
    )
    moved = []

    def come_back() -> None:
        moved.append(count_items(loop.clients, "price_changes"))
        loop.cloud.start_model(loop.artefact)

    back = threading.Timer(20, come_back)
    back.start()
    loop.finish(run)
    back.join()
    assert moved == [0]
    assert loop.differences(undisturbed[0]) == []


def test_the_same_records_sent_twice_count_once(loop: Any, undisturbed: list[Tables]) -> None:
    first, second = loop.events(0), loop.events(1)
    loop.round([*first, *first])
    loop.round([*first, *second])
    assert loop.differences(undisturbed[1]) == []
    rejects = list(loop.rejects().values())
    assert {reject["reason"] for reject in rejects} == {"duplicate"}
    assert len(rejects) == 2 * len(first)


@pytest.fixture(scope="module")
def spoilt(new_loop: Any) -> Iterator[tuple[Any, dict[str, str]]]:
    """A loop that got bad records and clicks on an unknown product among the good ones.

    Beside it the reason that is expected at each position.
    """
    with new_loop() as loop:
        expected = _put_bad(loop)
        clicks = [{**GOOD, "event_id": f"x-{n}", "product_id": UNKNOWN} for n in range(5)]
        strangers = [Record("u", json.dumps(click).encode()) for click in clicks]
        loop.round([*strangers, *loop.events(0)])
        yield loop, expected


def test_bad_records_are_set_aside_with_position_and_reason(spoilt: Any) -> None:
    loop, expected = spoilt
    assert {position: r["reason"] for position, r in loop.rejects().items()} == expected


def test_bad_records_change_nothing_for_the_good_ones(
    spoilt: Any, undisturbed: list[Tables]
) -> None:
    differences = spoilt[0].differences(undisturbed[0])
    assert [line for line in differences if UNKNOWN not in line] == []


def test_clicks_on_unknown_products_are_counted_and_move_no_price(spoilt: Any) -> None:
    tables = spoilt[0].tables()
    (candidate,) = [c for c in tables["price_candidates"] if c["product_id"] == UNKNOWN]
    assert (candidate["clicks"], candidate["known_product"]) == (5, False)
    moved = {item["product_id"] for item in (*tables["price_changes"], *tables["products"])}
    assert UNKNOWN not in moved


def _put_bad(loop: Any) -> dict[str, str]:
    """Put the bad records; returns the reason expected at each position."""
    expected = {}
    for data, reason in BAD_RECORDS.values():
        put = loop.clients["kinesis"].put_record(
            StreamName="clickstream", Data=data, PartitionKey="u"
        )
        loop.sent += 1
        expected[f"clickstream/{put['SequenceNumber']}"] = reason
    return expected


def _kill_tree(pid: int) -> None:
    """SIGKILL the job, its JVM and its Python workers at once, as a lost machine would."""
    parent = psutil.Process(pid)
    family = [parent, *parent.children(recursive=True)]
    for process in family:
        process.kill()
    psutil.wait_procs(family[1:], timeout=10)


def _make_faulty(loop: Any) -> None:
    client = loop.clients["lambda"]
    place = loop.clients["s3"].get_object(**_stored_code(loop))
    archive = io.BytesIO(place["Body"].read())
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("faulty.py", FAULTY)
    client.update_function_code(FunctionName="price_updater", ZipFile=archive.getvalue())
    client.update_function_configuration(FunctionName="price_updater", Handler="faulty.handler")
    (mapping,) = client.list_event_source_mappings()["EventSourceMappings"]
    # Small batches, so that there are calls enough to fail.
    client.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=3)


def _stored_code(loop: Any) -> dict[str, str]:
    listed = loop.clients["s3"].list_objects_v2(Bucket="clickstream-artefacts")
    (key,) = [o["Key"] for o in listed["Contents"] if o["Key"].startswith("packages/lambdas-")]
    return {"Bucket": "clickstream-artefacts", "Key": key}
