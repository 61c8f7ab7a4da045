"""The price that may be written for the price that a model asks for.

The order is fixed and the last one wins: largest step, ceiling, floor, cost. So a price is never
below cost, whatever the other bounds say, and a floor above the ceiling is obeyed as a floor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from lambdas.price_updater.record import Product


@dataclass(frozen=True)
class Clamp:
    """A guardrail that bound: what it was given, and what it made of it, in cents."""

    name: str
    from_cents: int
    to_cents: int


def guarded_price(
    raw_cents: float, product: Product, max_step: Fraction
) -> tuple[int, tuple[Clamp, ...]]:
    """The nearest price allowed, and every guardrail that bound, in the order applied."""
    price, clamps = whole_cents(raw_cents), []
    for name, low, high in _bounds(product, max_step):
        # a bound's own low wins over its high: none of ours has the one above the other
        bound = max(price if high is None else min(price, high), low)
        if bound != price:
            clamps.append(Clamp(name, price, bound))
        price = bound
    return price, tuple(clamps)


def whole_cents(amount: float) -> int:
    """The nearest whole cent, halves up (2.5 gives 3), of the decimal that is written."""
    return int(Decimal(repr(float(amount))).to_integral_value(ROUND_HALF_UP))


def out_of_bounds(product: Product) -> bool:
    """Whether the price that stands breaks the ceiling, the floor or the cost."""
    price = product.price_cents
    floor = max(product.min_price_cents or 0, product.cost_cents)
    ceiling = product.max_price_cents
    return price < floor or (ceiling is not None and price > max(ceiling, floor))


def _bounds(product: Product, max_step: Fraction) -> Iterator[tuple[str, int, int | None]]:
    """Guardrails in the order applied: name, lowest and highest price, null for none."""
    old = product.price_cents
    # rounded inwards, so that a step is never larger than allowed by part of a cent
    yield "largest_step", max(1, math.ceil(old * (1 - max_step))), math.floor(old * (1 + max_step))
    if product.max_price_cents is not None:
        yield "ceiling", 0, product.max_price_cents
    if product.min_price_cents is not None:
        yield "floor", product.min_price_cents, None
    yield "cost", product.cost_cents, None
