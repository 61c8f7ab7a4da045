"""Shoppers: who clicks on what and when, and what it is worth to them.

A click is drawn from the seed and the second it falls in, and from nothing else. So the same seed
gives the same clicks however a run is cut into ticks, and the same click can be asked at any price
whether it ends in a purchase: common random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from localaws.shop.products import QUANTITY_SHARES, Floats, Product

Ints = NDArray[np.int64]
DEVICES = ("mobile", "desktop", "tablet")
DEVICE_EDGES = np.array([0.62, 0.92])
USERS = 2_000
# Keeps these draws apart from the others of the same seed.
STREAM = 1
# A purchase follows its click within this time, so that both fall in one tick of the runner.
SLOWEST_PURCHASE_MS = 900


@dataclass(frozen=True)
class Clicks:
    """One entry a click, ascending by time.

    `offset_ms` is since the shop opened, `second` and `number` identify the click, `product` is a
    position, `worth` the highest price (minor units) at which it ends in a purchase, 0 for none.
    """

    second: Ints
    number: Ints
    offset_ms: Ints
    product: Ints
    user: Ints
    device: Ints
    worth: Floats
    quantity: Ints
    delay_ms: Ints

    def __len__(self) -> int:
        return len(self.offset_ms)

    def where(self, mask: NDArray[np.bool_]) -> Clicks:
        """The clicks that the mask keeps."""
        return Clicks(**{name: values[mask] for name, values in vars(self).items()})


def clicks_in_second(
    seed: int, second: int, clicks_per_second: float, products: tuple[Product, ...]
) -> Clicks:
    """The clicks of the second that starts `second` seconds after the shop opened."""
    number = int(clicks_per_second * (second + 1)) - int(clicks_per_second * second)
    draws = np.random.default_rng([STREAM, seed, second]).random((7, number))
    product = np.searchsorted(_edges(products), draws[1], side="right").astype(np.int64)
    shares = np.cumsum([share for _, share in QUANTITY_SHARES])[:-1]
    return Clicks(
        second=np.full(number, second, dtype=np.int64),
        number=np.arange(number, dtype=np.int64),
        offset_ms=second * 1_000 + np.sort((draws[0] * 1_000).astype(np.int64)),
        product=product,
        user=(draws[2] * USERS).astype(np.int64),
        device=np.searchsorted(DEVICE_EDGES, draws[3], side="right").astype(np.int64),
        worth=_worth(draws[4], product, products),
        quantity=1 + np.searchsorted(shares, draws[5], side="right").astype(np.int64),
        delay_ms=1 + (draws[6] * (SLOWEST_PURCHASE_MS - 1)).astype(np.int64),
    )


def _edges(products: tuple[Product, ...]) -> Floats:
    """Where on the unit interval the clicks of one product end and those of the next begin."""
    weights = np.cumsum([product.popularity for product in products])
    edges: Floats = weights[:-1] / weights[-1]
    return edges


def _worth(draw: Floats, product: Ints, products: tuple[Product, ...]) -> Floats:
    """What each click is worth to its shopper: `buy_probability` inverted at the draw."""
    interest = np.array([p.interest for p in products])[product]
    median = np.array([p.worth_cents for p in products])[product]
    sensitivity = np.array([p.sensitivity for p in products])[product]
    interested = draw < interest
    odds = np.where(interested, interest / np.where(interested, draw, interest) - 1, 0.0)
    worth: Floats = median * odds ** (1 / sensitivity)
    return worth
