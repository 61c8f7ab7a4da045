"""The loop closed in one process: the model's prices, one step at a time, earn more."""

from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[..., Any]


def captured(loop: Any) -> float:
    """Share of the way from the starting to the best constant prices that now stands."""
    shop = loop.shop
    now, start, best = (
        shop.profit_per_hour(prices)
        for prices in (loop.prices, shop.starting_prices(), shop.best_constant_prices())
    )
    return (now - start) / (best - start)


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_minute_ends_with_more_profit_than_the_starting_prices_give(
    seed: int, make_loop: Make
) -> None:
    loop = make_loop(seed).run(60)
    profits = loop.ledger.per_hour()
    assert profits.this_run > profits.starting_prices * 1.1
    assert profits.this_run < profits.best_constant
    assert captured(loop) > 0.8


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_more_time_brings_the_prices_nearer_to_the_best_constant_ones(
    seed: int, make_loop: Make
) -> None:
    loop = make_loop(seed).run(60)
    minute = loop.ledger.total.captured
    loop.run(540)
    assert loop.ledger.total.captured > minute
    assert captured(loop) > 0.9


def test_few_clicks_on_many_products_are_enough_to_earn_more(make_loop: Make) -> None:
    loop = make_loop(7, products=40, events_per_second=30).run(60)
    assert captured(loop) > 0.7


def test_every_price_stays_inside_its_bounds(make_loop: Make) -> None:
    loop = make_loop(5).run(120)
    for product, price in loop.prices.items():
        item = loop.items[product]
        assert item["cost_cents"] < item["min_price_cents"] <= price <= item["max_price_cents"]


def test_the_same_seed_gives_the_same_run(make_loop: Make) -> None:
    first, second = make_loop(4).run(60), make_loop(4).run(60)
    assert first.prices == second.prices
    assert first.ledger == second.ledger
