"""The shop: deterministic, on the contracts, with a demand that is known in closed form."""

import csv
import math
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.price_loop import ORDERS, PRODUCTS
from catalog.streams import CLICKSTREAM, EVENT_TYPES
from localaws.shop import Ledger, Profits, Shop, ShopError
from localaws.shop.__main__ import main
from localaws.shop.products import MEAN_QUANTITY, Product, buy_probability, make_products

PYTHON_TYPES: dict[str, type] = {"string": str, "bigint": int, "int": int}


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(seed=7)


def check_rows(rows: list[dict[str, Any]], schema: Any) -> None:
    for row in rows:
        assert set(schema.required) <= set(row) <= set(schema.names)
        assert all(type(row[name]) is PYTHON_TYPES[schema[name].type] for name in row)


def test_events_products_and_orders_are_what_the_catalog_declares(shop: Shop) -> None:
    tick = shop.tick(0, 20, shop.starting_prices())
    check_rows(tick.events, CLICKSTREAM.schema)
    check_rows(tick.orders, ORDERS.schema)
    check_rows(shop.products(), PRODUCTS.schema)
    assert {event["event_type"] for event in tick.events} <= set(EVENT_TYPES)
    assert len({event["event_id"] for event in tick.events}) == len(tick.events)


def test_an_order_follows_its_purchase_and_a_purchase_its_click(shop: Shop) -> None:
    tick = shop.tick(3, 5, shop.starting_prices())
    events = {event["event_id"]: event for event in tick.events}
    assert len(tick.orders) == sum(e["event_type"] == "purchase" for e in tick.events) > 0
    for order in tick.orders:
        purchase = events[order["order_id"].replace("order", "purchase")]
        click = events[order["order_id"].replace("order", "click")]
        assert purchase["quantity"] == order["quantity"]
        assert purchase["price_cents"] == click["price_cents"] == order["unit_price_cents"]
        assert 0 < purchase["event_timestamp"] - click["event_timestamp"] < 1_000
        assert order["ordered_at"].startswith("2026-01-01T00:00:0")


def test_events_are_on_the_clock_of_the_shop_and_in_its_order(shop: Shop) -> None:
    times = [e["event_timestamp"] for e in shop.tick(2.5, 1.5, shop.starting_prices()).events]
    assert times == sorted(times)
    assert times[0] >= 1_767_225_602_500
    assert times[-1] < 1_767_225_605_000


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 7_999), max_size=6))
def test_how_a_run_is_cut_into_ticks_does_not_matter(shop: Shop, cuts: list[int]) -> None:
    prices = shop.starting_prices()
    edges = [0, *sorted(cuts), 8_000]
    parts = [
        shop.tick(start / 1_000, (end - start) / 1_000, prices) for start, end in pairwise(edges)
    ]
    whole = shop.tick(0, 8, prices)
    assert sorted(str(e) for part in parts for e in part.events) == sorted(map(str, whole.events))
    total = sum((part.profits for part in parts), Profits())
    assert total.values() == pytest.approx(whole.profits.values())


def test_the_seed_decides_everything() -> None:
    first, second, other = Shop(1), Shop(1), Shop(2)
    prices = first.starting_prices()
    assert first.products() == second.products() != other.products()
    assert first.history() == second.history() != other.history()
    assert first.tick(0, 3, prices) == second.tick(0, 3, prices)
    assert first.tick(0, 3, prices) != other.tick(0, 3, other.starting_prices())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1_000), st.floats(1.0, 2.0))
def test_who_buys_at_a_higher_price_buys_at_a_lower_one(
    shop: Shop, offset: int, factor: float
) -> None:
    low = shop.starting_prices()
    high = {product: round(price * factor) for product, price in low.items()}
    bought = [
        {order["order_id"] for order in shop.tick(offset, 4, prices).orders}
        for prices in (low, high)
    ]
    assert bought[1] <= bought[0]


def test_shoppers_buy_as_often_as_the_closed_form_says() -> None:
    shop = Shop(seed=3, products=4, events_per_second=2_000)
    events = shop.tick(0, 30, shop.starting_prices()).events
    clicks = Counter(e["product_id"] for e in events if e["event_type"] == "click")
    bought = Counter(e["product_id"] for e in events if e["event_type"] == "purchase")
    for product in make_products(3, 4):
        price = np.array(float(product.start_cents))
        expected = float(
            buy_probability(price, product.interest, product.worth_cents, product.sensitivity)
        )
        found = bought[product.product_id] / clicks[product.product_id]
        sigma = math.sqrt(expected * (1 - expected) / clicks[product.product_id])
        assert found == pytest.approx(expected, abs=4 * sigma)
    units = [e["quantity"] for e in events if e["event_type"] == "purchase"]
    assert sum(units) / len(units) == pytest.approx(MEAN_QUANTITY, rel=0.02)


def test_about_as_many_events_come_as_asked_for() -> None:
    shop = Shop(seed=1, events_per_second=50)
    events = shop.tick(0, 120, shop.starting_prices()).events
    assert len(events) / 120 == pytest.approx(50, rel=0.03)


def product(**changes: Any) -> Product:
    plain = {
        "product_id": "p",
        "name": "Pan",
        "category": "kitchen",
        "list_cents": 100,
        "cost_cents": 50,
        "floor_cents": 50,
        "ceiling_cents": 200,
        "start_cents": 100,
        "popularity": 1.0,
        "interest": 0.5,
        "worth_cents": 100.0,
        "sensitivity": 2.0,
    }
    return Product(**{**plain, **changes})


def test_profit_per_click_is_worked_by_hand() -> None:
    # At its worth half of the interested buy: 0.5 / 2 * mean quantity * (100 - 50).
    assert product().profit_per_click(np.array(100.0)) == pytest.approx(12.5 * MEAN_QUANTITY)


def test_the_best_price_is_where_the_derivative_is_zero() -> None:
    # (x - 50) / (1 + (x/100)**2): x**2 - 100 x - 100**2 = 0, so x = 50 + sqrt(12,500) = 161.8.
    assert product().best_price() == 162
    assert product(ceiling_cents=120).best_price() == 120
    assert product(floor_cents=180).best_price() == 180


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_no_prices_beat_the_best_constant_ones(seed: int, random: Any) -> None:
    shop = Shop(seed, products=6)
    tried = {
        item["product_id"]: random.randint(item["min_price_cents"], item["max_price_cents"])
        for item in shop.products()
    }
    assert shop.profit_per_hour(tried) <= shop.profit_per_hour(shop.best_constant_prices()) + 1e-6


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_some_products_start_too_dear_and_others_too_cheap(seed: int) -> None:
    shop = Shop(seed)
    best = shop.best_constant_prices()
    ratios = [price / best[product] for product, price in shop.starting_prices().items()]
    assert sum(ratio > 1.1 for ratio in ratios) >= 8
    assert sum(ratio < 0.9 for ratio in ratios) >= 8
    start = shop.profit_per_hour(shop.starting_prices())
    assert start < 0.85 * shop.profit_per_hour(best)


def test_the_ledger_comes_to_the_closed_form_in_the_long_run(shop: Shop) -> None:
    ledger, start = Ledger(), shop.starting_prices()
    for minute in range(10):
        ledger.add(shop.tick(minute * 60, 60, start).profits, 60)
    profits = ledger.per_hour()
    best = shop.profit_per_hour(shop.best_constant_prices())
    assert profits.this_run == profits.starting_prices
    assert profits.starting_prices == pytest.approx(shop.profit_per_hour(start), rel=0.02)
    assert profits.best_constant == pytest.approx(best, rel=0.02)
    assert profits.realised == pytest.approx(profits.this_run, rel=0.05)


def test_the_way_to_the_best_prices_is_captured_whole_by_them(shop: Shop) -> None:
    best = shop.tick(0, 30, shop.best_constant_prices()).profits
    assert best.captured == pytest.approx(1.0)
    assert shop.tick(0, 30, shop.starting_prices()).profits.captured == 0.0
    assert Profits().captured is None


def test_a_ledger_without_ticks_is_empty() -> None:
    assert Ledger().per_hour() == Profits()


def test_history_is_of_other_products_of_the_same_categories(shop: Shop) -> None:
    rows, items = shop.history(), shop.products()
    assert {row["category"] for row in rows} == {item["category"] for item in items}
    assert not {row["product_id"] for row in rows} & {item["product_id"] for item in items}
    prices = Counter(row["product_id"] for row in rows)
    assert min(prices.values()) >= 8
    rate = sum(row["units"] for row in rows) / sum(row["clicks"] for row in rows)
    assert 0.1 < rate < 0.35


def test_an_empty_tick_is_nothing(shop: Shop) -> None:
    tick = shop.tick(5, 0, shop.starting_prices())
    assert (tick.events, tick.orders, tick.profits) == ([], [], Profits())


def test_what_the_shop_cannot_do_is_said(shop: Shop) -> None:
    with pytest.raises(ShopError, match=r"no price for \['p-001'"):
        shop.tick(0, 1, {})
    with pytest.raises(ShopError, match="neither may be negative"):
        shop.tick(-1, 1, shop.starting_prices())
    for bad in ({"seed": -1}, {"products": 0}, {"events_per_second": 0}):
        with pytest.raises(ShopError, match="are allowed"):
            Shop(**{"seed": 1, **bad})


def test_the_sample_history_of_the_command_is_that_of_the_shop(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    main(7)
    printed = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    wanted = [{name: str(value) for name, value in row.items()} for row in shop.history()]
    assert printed == wanted
