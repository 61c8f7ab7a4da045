"""What was seen of each product at each price; days are those of 2026-01."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from catalog.columns import Schema
from transforms import price_history as H

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 2)
EVENT: dict[str, Any] = {
    "event_date": FIRST,
    "event_timestamp": 0,
    "event_type": "click",
    "user_id": "ann",
    "product_id": "tea",
    "price_cents": 500,
}
ORDER: dict[str, Any] = {
    "product_id": "tea",
    "ordered_at": "2026-01-01T10:00:00.000Z",
    "user_id": "ann",
    "quantity": 1,
    "unit_price_cents": 500,
    "status": "returned",
}
TEA: dict[str, Any] = {
    "product_id": "tea",
    "category": "drinks",
    "price_cents": 450,
    "list_price_cents": 600,
}
BUY: dict[str, Any] = {"event_type": "purchase"}
Row = dict[str, Any]
Found = tuple[list[tuple[Any, ...]], dict[str, tuple[int, int]]]


def at(hour: int, minute: int = 0, day: int = 1) -> int:
    return int(datetime(2026, 1, day, hour, minute, tzinfo=UTC).timestamp() * 1_000)


@pytest.fixture
def learn(spark: Any) -> Callable[..., Found]:
    """Observations as tuples (day, product, price, clicks, units), and (events, units) by reason
    of what could not be used.
    """

    def frame(rows: Sequence[Row], base: Row, schema: Schema) -> DataFrame:
        full = [{name: (base | row).get(name) for name in schema.names} for row in rows]
        tuples = [tuple(row.values()) for row in full]
        return spark.createDataFrame(tuples, schema.struct_type())

    def run(
        *events: Row,
        orders: Sequence[Row] = (),
        changes: Sequence[Row] = (),
        products: Sequence[Row] = ({},),
    ) -> Found:
        known = frame(products, TEA, H.PRODUCT)
        moved = frame(changes, {"product_id": "tea", "price_version": 1}, H.CHANGE)
        bought = frame(orders, ORDER, H.ORDER)
        standing = H.standing_prices(moved, known)
        tallied = H.tallies(frame(events, EVENT, H.EVENT), standing)
        seen = H.observed(tallied, bought, known, FIRST, LAST).localCheckpoint()
        rows = H.price_observations(seen).orderBy("event_date", "product_id", "price_cents")
        found = [
            (r.event_date.day, r.product_id, r.price_cents, r.clicks, r.units)
            for r in rows.collect()
        ]
        return found, {r.reason: (r.events, r.units) for r in H.unused(seen).collect()}

    return run


def test_clicks_and_units_are_counted_by_day_product_and_price_shown(learn: Any) -> None:
    found, unused = learn(
        {},
        {"user_id": "bob"},
        {"price_cents": 450},
        BUY | {"quantity": 3},
        BUY | {"user_id": "bob"},  # without a quantity: one unit
        {"event_date": LAST},
        {"event_type": "cart"},
        {"event_type": "impression", "product_id": None},
    )
    assert found == [(1, "tea", 450, 1, 0), (1, "tea", 500, 2, 4), (2, "tea", 500, 1, 0)]
    assert unused == {}


def test_an_observation_carries_category_and_list_price(learn: Any, spark: Any) -> None:
    standing = spark.createDataFrame(
        [], "product_id string, from_ms bigint, until_ms bigint, standing_cents bigint"
    )
    events = spark.createDataFrame(
        [(FIRST, 0, "click", "ann", "tea", None, 500)], H.EVENT.struct_type()
    )
    products = spark.createDataFrame([("tea", None, 450, 600)], H.PRODUCT.struct_type())
    orders = spark.createDataFrame([], H.ORDER.struct_type())
    seen = H.observed(H.tallies(events, standing), orders, products, FIRST, LAST)
    (row,) = H.price_observations(seen).collect()
    assert row.asDict() == {
        "product_id": "tea",
        "category": None,
        "price_cents": 500,
        "list_price_cents": 600,
        "clicks": 1,
        "units": 0,
        "event_date": FIRST,
    }


def test_an_event_without_a_price_counts_at_the_one_that_stood(learn: Any) -> None:
    """Changes at 10:00 (400 to 410) and 12:00 (410 to 420), told in another order."""
    changes = [
        {
            "effective_at": "2026-01-01T12:00:00Z",
            "price_version": 2,
            "old_price_cents": 410,
            "new_price_cents": 420,
        },
        {
            "effective_at": "2026-01-01T10:00:00Z",
            "price_version": 1,
            "old_price_cents": 400,
            "new_price_cents": 410,
        },
    ]
    times = [at(9, 59), at(10), at(11, 59), at(12), at(23)]
    found, _ = learn(*({"event_timestamp": t, "price_cents": None} for t in times), changes=changes)
    assert found == [(1, "tea", 400, 1, 0), (1, "tea", 410, 2, 0), (1, "tea", 420, 2, 0)]


def test_of_two_changes_at_one_time_the_later_version_stands(learn: Any) -> None:
    both = {"effective_at": "2026-01-01T10:00:00Z"}
    changes = [
        both | {"price_version": 3, "old_price_cents": 410, "new_price_cents": 420},
        both | {"price_version": 2, "old_price_cents": 400, "new_price_cents": 410},
    ]
    found, _ = learn({"event_timestamp": at(10), "price_cents": None}, changes=changes)
    assert found == [(1, "tea", 420, 1, 0)]


def test_a_product_that_never_changed_stands_at_its_price(learn: Any) -> None:
    found, _ = learn({"price_cents": None}, {"price_cents": None, **BUY})
    assert found == [(1, "tea", 450, 1, 1)]


def test_units_that_were_sent_back_do_not_count(learn: Any) -> None:
    found, unused = learn(
        {},
        BUY | {"quantity": 3},
        BUY | {"user_id": "bob", "quantity": 2},
        orders=[
            {"quantity": 2},
            {"status": "cancelled", "user_id": "bob", "quantity": None},
            {"status": "placed"},
            {"status": "shipped"},
            {"status": None},
        ],
    )
    assert found == [(1, "tea", 500, 1, 2)]  # 3 - 2 of ann, 2 - 1 of bob
    assert unused == {}


def test_a_return_without_its_purchase_takes_nothing_from_others_and_is_told(learn: Any) -> None:
    """Each in a product of its own, of which ann bought three units at one price."""
    orders = {
        "too_many": {"quantity": 5},  # two more than were bought
        "other_user": {"user_id": "eve", "quantity": 2},
        "other_price": {"unit_price_cents": 499, "quantity": 2},
        "other_day": {"ordered_at": "2026-01-02T00:00:00Z", "quantity": 2},
        "unreadable": {"ordered_at": "yesterday", "quantity": 2},
        "nobody": {"user_id": None, "quantity": 2},
    }
    names = [{"product_id": name} for name in sorted(orders)]
    found, unused = learn(
        *names,
        *(BUY | name | {"quantity": 3} for name in names),
        orders=[{"product_id": name, **order} for name, order in orders.items()],
        products=names,
    )
    assert found == [(1, name, 500, 1, 0 if name == "too_many" else 3) for name in sorted(orders)]
    assert unused == {"void_without_purchase": (0, 12)}


def test_orders_of_other_days_are_not_of_this_training(learn: Any) -> None:
    _, unused = learn({}, orders=[{"ordered_at": "2026-01-03T00:00:00Z"}])
    assert unused == {}


def test_an_order_adds_no_units(learn: Any) -> None:
    found, _ = learn({}, BUY, orders=[{"status": "placed", "quantity": 9}])
    assert found == [(1, "tea", 500, 1, 1)]


def test_what_cannot_be_learnt_from_is_counted_by_its_reason(learn: Any) -> None:
    found, unused = learn(
        {"product_id": None},
        {"product_id": None, "price_cents": None},
        {"product_id": "unheard"},
        {"product_id": "free", "price_cents": 0},
        {"product_id": "dear", "price_cents": None},
        {"product_id": "dear"},
        BUY | {"product_id": "dear", "quantity": 4},
        BUY | {"price_cents": 300, "quantity": 2},
        products=[
            {},
            {"product_id": "free"},
            {"product_id": "dear", "list_price_cents": 0, "price_cents": None},
        ],
    )
    assert found == [(1, "tea", 300, 0, 2)]
    assert unused == {
        "no_product": (2, 0),
        "unknown_product": (1, 0),
        "free": (1, 0),
        "no_price": (1, 0),
        "no_list_price": (2, 4),
        "no_click": (1, 2),
    }


def test_no_events_are_no_observations(learn: Any) -> None:
    assert learn() == ([], {})
