"""Past sales for training the price model: other products of the same categories.

They are last season's, sold at prices that were varied on purpose. None of them is in the shop, so
that nothing about a product of the shop can be learnt from them but what its category tells.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from localaws.shop.products import MEAN_QUANTITY, Floats, Product, buy_probability, make_products

PAST_PRODUCTS = 120
WEEKS = 10
CLICKS_A_WEEK = (150, 600)
PRICE_RANGE = (0.65, 1.5)
# Keeps these draws apart from the others of the same seed.
STREAM = 2


def make_history(seed: int) -> list[dict[str, Any]]:
    """Rows for `price_model.train`: one a product and week, each week at its own price."""
    products = make_products(seed, PAST_PRODUCTS, prefix="past")
    generator = np.random.default_rng([STREAM, seed])
    draws = generator.random((PAST_PRODUCTS, WEEKS, 2))
    luck = generator.standard_normal((PAST_PRODUCTS, WEEKS))
    return [
        _week(product, week, draws[n, week], float(luck[n, week]))
        for n, product in enumerate(products)
        for week in range(WEEKS)
    ]


def _week(product: Product, week: int, draws: Floats, luck: float) -> dict[str, Any]:
    low, high = PRICE_RANGE
    price = round(product.list_cents * (low + float(draws[0]) * (high - low)))
    fewest, most = CLICKS_A_WEEK
    clicks = fewest + int(draws[1] * (most - fewest))
    shown = np.array(float(price))
    buys = float(buy_probability(shown, product.interest, product.worth_cents, product.sensitivity))
    return {
        "week": week + 1,
        "product_id": product.product_id,
        "category": product.category,
        "price_cents": price,
        "list_price_cents": product.list_cents,
        "clicks": clicks,
        "units": _units(clicks, buys, luck),
    }


def _units(clicks: int, buys: float, luck: float) -> int:
    """Units of so many clicks: the normal limit of the compound binomial, never negative."""
    mean = clicks * buys * MEAN_QUANTITY
    spread = float(np.sqrt(mean * (MEAN_QUANTITY + 1 / MEAN_QUANTITY - 1)))
    return max(round(mean + luck * spread), 0)
