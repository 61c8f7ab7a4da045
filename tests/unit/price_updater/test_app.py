"""The function with all it talks to: what is written, what is sent again, what is set aside."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from lambdas.price_updater import app
from lambdas.price_updater.errors import SettingsError

OTHER = {"product_id": "p2"}
SECOND = {"candidate_id": "2026-01-01T00:00:10Z#bb", "window_end": "2026-01-01T00:00:20Z"}


def test_a_captured_batch_moves_one_price(make: SimpleNamespace, world: Any) -> None:
    world.stock({"price_cents": 999})
    assert world.send(*make.event("price_candidates_inserts")["Records"]) == []
    product = world.product()
    assert (product["price_cents"], product["price_version"]) == (1050, 4)
    assert product["price_updated_at"] == "2026-01-01T00:00:10Z"
    (entry,) = world.ledger()
    assert entry["candidate_id"] == "2026-01-01T00:00:00Z#00000000000000aa"
    assert [message["code"] for message in world.queue.messages] == ["unknown_product"]


def test_attributes_that_we_do_not_know_are_kept(make: SimpleNamespace, world: Any) -> None:
    world.send(make.record())
    assert world.product()["colour"] == "blue"
    assert world.product()["name"] == "Mug"


def test_expiries_and_edits_are_ignored(make: SimpleNamespace, world: Any) -> None:
    world.stock({"price_cents": 999})
    assert world.send(*make.event("price_candidates_expiry_and_edit")["Records"]) == []
    assert world.ledger() == []
    assert world.runtime.calls == []


def test_a_candidate_seen_again_changes_nothing(make: SimpleNamespace, world: Any) -> None:
    world.send(make.record())
    tables = (world.dynamodb.rows("products"), world.ledger())
    assert world.send(make.record()) == []
    assert (world.dynamodb.rows("products"), world.ledger()) == tables
    assert len(world.runtime.calls) == 1  # stale at once: the model is not asked again


def test_of_two_candidates_for_one_price_the_first_wins(make: SimpleNamespace, world: Any) -> None:
    assert world.send(make.record(1), make.record(2, **SECOND)) == []
    assert [entry["candidate_id"][-2:] for entry in world.ledger()] == ["aa"]
    assert world.product()["price_version"] == 4


def test_a_candidate_for_the_new_price_moves_it_on(make: SimpleNamespace, world: Any) -> None:
    world.send(make.record(1))
    world.runtime.answer = lambda row: make.answer | row | {"price_cents": 1100.0}
    world.send(make.record(2, price_cents=1050, price_version=4, **SECOND))
    assert [entry["new_price_cents"] for entry in world.ledger()] == [1050, 1100]
    assert world.product()["price_version"] == 5


def test_a_product_without_a_version_starts_at_1(make: SimpleNamespace, world: Any) -> None:
    world.stock({"price_version": None})
    world.send(make.record(price_version=None))
    assert world.product()["price_version"] == 1


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"known_product": False}, "unknown_product"),
        ({"product_id": "gone"}, "unknown_product"),
        ({"clicks": None}, "malformed_candidate"),
    ],
)
def test_a_candidate_that_cannot_be_priced_is_set_aside_with_the_reason(
    make: SimpleNamespace, world: Any, overrides: dict[str, Any], code: str
) -> None:
    record = make.record(7, **overrides)
    assert world.send(record) == []
    (message,) = world.queue.messages
    assert message["code"] == code
    assert message["candidate_id"] == "2026-01-01T00:00:00Z#00000000000000aa"
    assert message["sequence_number"] == "000000000000000000007"
    assert message["set_aside_at"] == "2026-01-01T00:00:13Z"
    assert message["retried"] is False
    assert world.ledger() == []


def test_a_product_without_a_cost_is_never_priced(make: SimpleNamespace, world: Any) -> None:
    world.stock({"cost_cents": None})
    assert world.send(make.record()) == []
    assert world.queue.messages[0]["reason"] == "product 'p1': no cost_cents"
    assert world.product()["price_cents"] == 1000


@pytest.mark.parametrize(
    "answer",
    [{"price_cents": float("nan")}, {"price_cents": -5}, "garbage\n", {"error": "no list price"}],
    ids=["NaN", "negative", "garbage", "refused"],
)
def test_a_bad_answer_writes_no_price_and_holds_nobody_up(
    make: SimpleNamespace, world: Any, answer: Any
) -> None:
    world.stock(OTHER)
    good = world.runtime.answer
    world.runtime.answer = lambda row: (
        good(row)
        if row["product_id"] == "p2"
        else answer
        if isinstance(answer, str)
        else good(row) | answer
    )
    assert world.send(make.record(1), make.record(2, **OTHER)) == []
    assert [entry["product_id"] for entry in world.ledger()] == ["p2"]
    assert world.product()["price_cents"] == 1000
    assert [message["product_id"] for message in world.queue.messages] == ["p1"]


def test_an_endpoint_that_is_down_fails_the_batch_and_sets_nothing_aside(
    make: SimpleNamespace, world: Any
) -> None:
    world.stock(OTHER)
    world.runtime.fail_next = [EndpointConnectionError(endpoint_url="http://model")]
    unknown = make.record(3, product_id="p9", known_product=False)
    failed = world.send(make.record(1), make.record(2, **OTHER), unknown)
    assert failed == [1, 2, 3]  # the third comes again, so it is not set aside twice
    assert world.ledger() == []
    assert world.queue.messages == []
    assert world.send(make.record(1), make.record(2, **OTHER), unknown) == []
    assert len(world.ledger()) == 2
    assert len(world.queue.messages) == 1


def test_after_a_failed_record_no_later_one_of_its_product_is_priced(
    make: SimpleNamespace, world: Any
) -> None:
    world.stock(OTHER)
    conflict = [{"Code": "None"}, {"Code": "TransactionConflict"}]
    world.dynamodb.fail_next["transact_write_items"] = [
        make.client_error("TransactionCanceledException", CancellationReasons=conflict)
    ]
    failed = world.send(make.record(1), make.record(2, **OTHER), make.record(3, **SECOND))
    assert failed == [1, 3]
    assert [entry["product_id"] for entry in world.ledger()] == ["p2"]
    assert world.send(make.record(1), make.record(2, **OTHER), make.record(3, **SECOND)) == []
    assert [entry["candidate_id"][-2:] for entry in world.ledger()] == ["aa", "aa"]


def test_a_record_that_failed_for_too_long_is_set_aside_with_the_last_reason(
    make: SimpleNamespace, world: Any
) -> None:
    world.now += timedelta(seconds=598)  # the record is a second older
    down = EndpointConnectionError(endpoint_url="http://model")
    world.runtime.fail_next = [down, down]
    assert world.send(make.record()) == [1]
    world.now += timedelta(seconds=1)
    assert world.send(make.record()) == []
    (message,) = world.queue.messages
    assert message["code"] == "endpoint_unreachable"
    assert "http://model" in message["reason"]
    assert message["retried"] is True


def test_a_queue_that_takes_nothing_fails_the_record(make: SimpleNamespace, world: Any) -> None:
    world.queue.fail_next = [make.client_error("ServiceUnavailable")]
    record = make.record(product_id="p9", known_product=False)
    assert world.send(record) == [1]
    assert world.send(record) == []
    assert len(world.queue.messages) == 1


def test_a_fault_of_the_function_is_logged_sent_again_and_at_last_set_aside(
    make: SimpleNamespace, world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    world.dynamodb.fail_next["transact_write_items"] = [ZeroDivisionError("division by zero")]
    assert world.send(make.record()) == [1]
    assert "a fault of the function" in caplog.text
    world.now += timedelta(seconds=600)
    world.dynamodb.fail_next["transact_write_items"] = [ZeroDivisionError("division by zero")]
    assert world.send(make.record()) == []
    assert world.queue.messages[0]["reason"] == "ZeroDivisionError: division by zero"


def test_products_that_cannot_be_read_are_asked_about_later(
    make: SimpleNamespace, world: Any
) -> None:
    world.dynamodb.fail_next["batch_get_item"] = [
        make.client_error("ProvisionedThroughputExceededException")
    ]
    assert world.send(make.record()) == [1]
    assert world.runtime.calls == []
    assert world.send(make.record()) == []
    assert len(world.ledger()) == 1


def test_a_price_kept_leaves_no_trace(make: SimpleNamespace) -> None:
    settings = replace(make.settings, cool_down=timedelta(minutes=5))
    world = make.world(settings)
    world.stock({"price_updated_at": "2026-01-01T00:00:00Z"})
    assert world.send(make.record()) == []
    assert world.ledger() == []
    assert world.queue.messages == []
    assert world.product()["price_version"] == 3


def test_metrics_count_outcomes_and_time_from_click_to_price(
    make: SimpleNamespace, world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.send(make.record(1), make.record(2, **SECOND))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    metrics = json.loads(line)
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Clickstream"
    assert metrics["service"] == "price_updater"
    assert (metrics["candidates"], metrics["changed"], metrics["stale"]) == ([2.0], [1.0], [1.0])
    assert metrics["click_to_price"] == [3500.0]  # 00:00:13 less the arrival at 00:00:09.5


def test_nothing_is_read_or_made_at_import() -> None:
    code = (
        "import boto3\n"
        "def refuse(*args, **options): raise SystemExit('a client was made at import')\n"
        "boto3.client = boto3.resource = boto3.Session = refuse\n"
        "import lambdas.price_updater.app\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env={}, capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_wrong_environment_fails_the_first_invocation_by_name(
    make: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PRODUCTS_TABLE", raising=False)
    with pytest.raises(SettingsError, match="PRODUCTS_TABLE: not set"):
        app.lambda_handler({"Records": []}, None)
