"""The products of the shop, and the demand that the price model does not see.

A shopper who clicks on a product is interested with the probability `interest`, and then buys when
the price is not above what the product is worth to them. That worth is log-logistic, so that

    P(buy | click, price) = interest / (1 + (price / worth) ** sensitivity)

with `worth` the median. The list price is no more than a hint of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# How many units a purchase is for does not depend on the price.
QUANTITY_SHARES = ((1, 0.86), (2, 0.11), (3, 0.03))
MEAN_QUANTITY = sum(quantity * share for quantity, share in QUANTITY_SHARES)
# Ample: that nobody can buy what has run out is not what the shop is to show.
STOCK = 500_000


@dataclass(frozen=True)
class Category:
    """What the products of a category have in common; `list_cents` is the range of list prices."""

    name: str
    words: tuple[str, ...]
    list_cents: tuple[int, int]
    interest: float
    sensitivity: float


CATEGORIES = (
    Category("shoes", ("Trail shoe", "Court shoe", "Sandal"), (4_500, 14_000), 0.46, 4.6),
    Category("audio", ("Headphones", "Speaker", "Turntable"), (6_000, 30_000), 0.40, 5.6),
    Category("kitchen", ("Pan", "Kettle", "Knife"), (1_800, 9_000), 0.54, 3.8),
    Category("outdoor", ("Tent", "Stove", "Sleeping bag"), (3_000, 25_000), 0.48, 5.0),
)


@dataclass(frozen=True)
class Product:
    """A product; `popularity` is its weight among the clicks, the last three are hidden.

    Prices are minor units. `start_cents` is the price that stands when the shop opens.
    """

    product_id: str
    name: str
    category: str
    list_cents: int
    cost_cents: int
    floor_cents: int
    ceiling_cents: int
    start_cents: int
    popularity: float
    interest: float
    worth_cents: float
    sensitivity: float

    def item(self) -> dict[str, Any]:
        """The item of the table `products`."""
        return {
            "product_id": self.product_id,
            "name": self.name,
            "category": self.category,
            "price_cents": self.start_cents,
            "list_price_cents": self.list_cents,
            "cost_cents": self.cost_cents,
            "min_price_cents": self.floor_cents,
            "max_price_cents": self.ceiling_cents,
            "stock": STOCK,
            "price_version": 0,
        }

    def profit_per_click(self, price: Floats) -> Floats:
        """Expected profit of one click at each price, minor units."""
        buys = buy_probability(price, self.interest, self.worth_cents, self.sensitivity)
        return buys * MEAN_QUANTITY * (price - self.cost_cents)

    def best_price(self) -> int:
        """The price of the highest expected profit between floor and ceiling."""
        prices = np.arange(self.floor_cents, self.ceiling_cents + 1, dtype=np.float64)
        return int(prices[self.profit_per_click(prices).argmax()])


def buy_probability(
    price: Floats, interest: float | Floats, worth: float | Floats, sensitivity: float | Floats
) -> Floats:
    """P(buy | click, price), elementwise."""
    result: Floats = interest / (1 + (price / worth) ** sensitivity)
    return result


def make_products(seed: int, count: int, prefix: str = "p") -> tuple[Product, ...]:
    """`count` products, the categories in turn; some start too dear, the others too cheap."""
    draws = np.random.default_rng([*prefix.encode(), seed]).random((count, 7))
    return tuple(_product(f"{prefix}-{n:03d}", n, row) for n, row in enumerate(draws, start=1))


def _product(product_id: str, n: int, draws: Floats) -> Product:
    category = CATEGORIES[n % len(CATEGORIES)]
    low, high = category.list_cents
    list_cents = int(low * (high / low) ** draws[0]) // 100 * 100 + 99
    cost = round(list_cents * _between(draws[1], 0.38, 0.55))
    product = Product(
        product_id=product_id,
        name=f"{category.words[n // len(CATEGORIES) % len(category.words)]} {n:02d}",
        category=category.name,
        list_cents=list_cents,
        cost_cents=cost,
        floor_cents=max(round(list_cents * 0.5), round(cost * 1.05)),
        ceiling_cents=round(list_cents * 1.6),
        start_cents=list_cents,
        popularity=_between(draws[2], 0.6, 1.4),
        interest=category.interest * _between(draws[3], 0.85, 1.15),
        worth_cents=list_cents * _between(draws[4], 0.8, 1.2),
        sensitivity=category.sensitivity * _between(draws[5], 0.85, 1.15),
    )
    return _mispriced(product, dear=n // 2 % 2 == 0, draw=float(draws[6]))


def _mispriced(product: Product, *, dear: bool, draw: float) -> Product:
    """The product at a starting price that is off its best one by a quarter or so."""
    factor = _between(draw, 1.22, 1.42) if dear else _between(draw, 0.66, 0.80)
    start = round(product.best_price() * factor)
    start = min(max(start, product.floor_cents), product.ceiling_cents)
    return Product(**{**vars(product), "start_cents": start})


def _between(draw: float, low: float, high: float) -> float:
    return low + float(draw) * (high - low)
