"""What becomes of an answered candidate: worked by hand."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.price_loop import PRICE_CHANGES
from lambdas.price_updater.answers import Answer
from lambdas.price_updater.decision import Change, Kept, decide, is_stale
from lambdas.price_updater.guardrails import Clamp

COMMITTED = datetime(2026, 1, 1, 0, 0, 13, 250_000, tzinfo=UTC)


def answer(price: float) -> Answer:
    return Answer(price, 55.04, 41.2, "m1")


def test_a_change_says_what_the_ledger_needs(make: SimpleNamespace) -> None:
    change = decide(make.candidate(), make.product(), answer(1299.4), make.settings)
    entry = change.entry(COMMITTED)
    features = json.loads(entry.pop("features"))
    raw = entry.pop("raw_price_cents")
    assert str(raw) == "1299.4"
    assert entry == {
        "product_id": "p1",
        "candidate_id": "2026-01-01T00:00:00Z#00000000000000aa",
        "old_price_cents": 1000,
        "new_price_cents": 1100,
        "guardrails": [{"name": "largest_step", "from_cents": 1299, "to_cents": 1100}],
        "reason": "model asks 1299.4 (was 1000): expected profit per click 41.2 -> 55.0;"
        " largest step bound",
        "model_version": "m1",
        "price_version": 4,
        "effective_at": "2026-01-01T00:00:10Z",
        "committed_at": "2026-01-01T00:00:13.250Z",
    }
    assert features["clicks"] == 12
    assert features["observations"] == [{"price_cents": 1000, "clicks": 12, "units": 1}]


def test_a_ledger_entry_has_the_columns_of_the_contract(make: SimpleNamespace) -> None:
    change = decide(make.candidate(), make.product(), answer(1050.0), make.settings)
    assert set(change.entry(COMMITTED)) == set(PRICE_CHANGES.schema.names)


def test_the_reason_leaves_guardrails_out_when_none_bound(make: SimpleNamespace) -> None:
    change = decide(make.candidate(), make.product(), answer(1050.0), make.settings)
    assert change.reason == ("model asks 1050 (was 1000): expected profit per click 41.2 -> 55.0")


@pytest.mark.parametrize(
    ("price", "expected"),
    [(1000.4, Kept("same_price")), (1009.0, Kept("smallest_step")), (991.0, Kept("smallest_step"))],
)
def test_a_step_too_small_is_not_written(
    make: SimpleNamespace, price: float, expected: Any
) -> None:
    assert decide(make.candidate(), make.product(), answer(price), make.settings) == expected


@pytest.mark.parametrize("price", [1010.0, 990.0])
def test_the_smallest_step_itself_is_worth_writing(make: SimpleNamespace, price: float) -> None:
    assert isinstance(
        decide(make.candidate(), make.product(), answer(price), make.settings), Change
    )


@pytest.mark.parametrize(
    ("moved_at", "written"),
    [
        (None, True),
        ("2025-12-31T23:59:10Z", True),  # exactly 60 s before the window's end
        ("2025-12-31T23:59:11Z", False),
        ("2026-01-01T00:30:00Z", False),  # after it: an older window never undoes a newer change
    ],
)
def test_a_product_cools_down_in_event_time(
    make: SimpleNamespace, moved_at: Any, written: bool
) -> None:
    settings = replace(make.settings, cool_down=timedelta(seconds=60))
    product = make.product(price_updated_at=moved_at)
    decision = decide(make.candidate(), product, answer(1050.0), settings)
    assert isinstance(decision, Change) if written else decision == Kept("cool_down")


def test_a_price_below_cost_is_moved_at_once(make: SimpleNamespace) -> None:
    settings = replace(make.settings, cool_down=timedelta(days=1))
    product = make.product(cost_cents=1003, price_updated_at="2026-01-01T00:00:00Z")
    decision = decide(make.candidate(), product, answer(900.0), settings)
    assert isinstance(decision, Change)
    assert decision.new_price_cents == 1003
    assert decision.guardrails == (Clamp("cost", 900, 1003),)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [({}, False), ({"price_version": 4}, True), ({"price_cents": 1001}, True)],
    ids=["the same", "moved", "edited by hand without a version"],
)
def test_a_candidate_for_a_price_that_no_longer_stands_is_stale(
    make: SimpleNamespace, overrides: dict[str, Any], expected: Any
) -> None:
    assert is_stale(make.candidate(), make.product(**overrides)) is expected


def test_a_missing_version_counts_as_version_0(make: SimpleNamespace) -> None:
    product = make.product(price_version=None)
    assert not is_stale(make.candidate(price_version=None), product)
    assert decide(make.candidate(), product, answer(1050.0), make.settings).price_version == 1
