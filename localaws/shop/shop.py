"""The shop: deterministic by its seed, on its own clock, without clients or wall clock.

    shop = Shop(seed=7)
    tick = shop.tick(offset_s=0, seconds=0.5, prices=shop.starting_prices())
    ledger.add(tick.profits, 0.5)

The seed fixes who clicks on what and when. Whether a click ends in a purchase also depends on the
price that stands, which is the caller's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from localaws.shop.history import make_history
from localaws.shop.ledger import Profits
from localaws.shop.products import (
    MEAN_QUANTITY,
    Floats,
    buy_probability,
    make_products,
)
from localaws.shop.shoppers import DEVICES, Clicks, clicks_in_second

OPENED_AT = datetime(2026, 1, 1, tzinfo=UTC)
OPENED_MS = int(OPENED_AT.timestamp() * 1_000)

Event = dict[str, Any]
Order = dict[str, Any]


class ShopError(Exception):
    """Raised when the shop is asked for what it cannot do; says what it can."""


@dataclass(frozen=True)
class Tick:
    """What happened in a tick: events of `clickstream` by time, the orders, and the profits."""

    events: list[Event]
    orders: list[Order]
    profits: Profits


class Shop:
    """A shop of `products` products, with about `events_per_second` events at starting prices.

    Raises:
        ShopError: there are no products, or no events.
    """

    def __init__(self, seed: int, products: int = 24, events_per_second: float = 50.0) -> None:
        if seed < 0 or products < 1 or events_per_second <= 0:
            raise ShopError(
                f"shop: seed {seed}, {products} products, {events_per_second} events a second; "
                "a seed of at least 0, one product or more and a positive rate are allowed"
            )
        self.seed = seed
        self._products = make_products(seed, products)
        self._ids = [product.product_id for product in self._products]
        self._interest = np.array([p.interest for p in self._products])
        self._worth = np.array([p.worth_cents for p in self._products])
        self._sensitivity = np.array([p.sensitivity for p in self._products])
        self._cost = np.array([float(p.cost_cents) for p in self._products])
        popularity = np.array([p.popularity for p in self._products])
        self._share = popularity / popularity.sum()
        self._start = self._array(self.starting_prices())
        self._best = self._array(self.best_constant_prices())
        self.clicks_per_second = events_per_second / (
            1 + float(self._share @ self._buys(self._start))
        )

    def products(self) -> list[dict[str, Any]]:
        """The items of the table `products` when the shop opens."""
        return [product.item() for product in self._products]

    def history(self) -> list[dict[str, Any]]:
        """Past sales to train the price model on; see `localaws.shop.history`."""
        return make_history(self.seed)

    def starting_prices(self) -> dict[str, int]:
        """The price of each product when the shop opens, minor units."""
        return {product.product_id: product.start_cents for product in self._products}

    def best_constant_prices(self) -> dict[str, int]:
        """The price of each product that earns the most when it never changes."""
        return {product.product_id: product.best_price() for product in self._products}

    def profit_per_hour(self, prices: Mapping[str, int]) -> float:
        """Expected profit an hour at constant prices, minor units, in closed form.

        Raises:
            ShopError: a product has no price.
        """
        per_click = float(self._share @ self._profit_per_click(self._array(prices)))
        return per_click * self.clicks_per_second * 3_600

    def tick(self, offset_s: float, seconds: float, prices: Mapping[str, int]) -> Tick:
        """What happens from `offset_s` after the opening, for `seconds`, at these prices.

        A purchase belongs to the tick of its click, though it follows up to 0.9 s later.

        Raises:
            ShopError: a product has no price, or the time is before the opening.
        """
        if offset_s < 0 or seconds < 0:
            raise ShopError(f"shop: tick at {offset_s} s for {seconds} s; neither may be negative")
        shown = self._array(prices)
        clicks = self._clicks(round(offset_s * 1_000), round((offset_s + seconds) * 1_000))
        bought = clicks.worth >= shown[clicks.product]
        events = [self._click(clicks, n, shown) for n in range(len(clicks))]
        sold = np.flatnonzero(bought)
        purchases = [self._purchase(clicks, n, shown) for n in sold.tolist()]
        events = sorted(events + purchases, key=lambda e: (e["event_timestamp"], e["event_id"]))
        orders = [_order(purchase) for purchase in purchases]
        return Tick(events, orders, self._profits(clicks, shown, sold))

    def _clicks(self, start_ms: int, end_ms: int) -> Clicks:
        seconds = range(start_ms // 1_000, max(-(-end_ms // 1_000), start_ms // 1_000 + 1))
        parts = [
            clicks_in_second(self.seed, second, self.clicks_per_second, self._products)
            for second in seconds
        ]
        joined = Clicks(
            **{
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in vars(parts[0])
            }
        )
        return joined.where((joined.offset_ms >= start_ms) & (joined.offset_ms < end_ms))

    def _click(self, clicks: Clicks, n: int, shown: Floats) -> Event:
        return {
            "event_id": f"{self.seed}-{clicks.second[n]}-{clicks.number[n]}-click",
            "user_id": f"u-{clicks.user[n]:04d}",
            "event_timestamp": OPENED_MS + int(clicks.offset_ms[n]),
            "event_name": "product_click",
            "event_type": "click",
            "device_type": DEVICES[clicks.device[n]],
            "product_id": self._ids[clicks.product[n]],
            "price_cents": int(shown[clicks.product[n]]),
        }

    def _purchase(self, clicks: Clicks, n: int, shown: Floats) -> Event:
        click = self._click(clicks, n, shown)
        return {
            **click,
            "event_id": click["event_id"].replace("click", "purchase"),
            "event_timestamp": click["event_timestamp"] + int(clicks.delay_ms[n]),
            "event_name": "order_placed",
            "event_type": "purchase",
            "quantity": int(clicks.quantity[n]),
        }

    def _profits(self, clicks: Clicks, shown: Floats, sold: Any) -> Profits:
        counts = np.bincount(clicks.product, minlength=len(self._products))
        this, starting, best = (
            float(counts @ self._profit_per_click(prices))
            for prices in (shown, self._start, self._best)
        )
        margin = (shown - self._cost)[clicks.product]
        return Profits(this, starting, best, float((margin * clicks.quantity)[sold].sum()))

    def _buys(self, prices: Floats) -> Floats:
        return buy_probability(prices, self._interest, self._worth, self._sensitivity)

    def _profit_per_click(self, prices: Floats) -> Floats:
        result: Floats = self._buys(prices) * MEAN_QUANTITY * (prices - self._cost)
        return result

    def _array(self, prices: Mapping[str, int]) -> Floats:
        missing = [product for product in self._ids if product not in prices]
        if missing:
            raise ShopError(f"shop: no price for {missing}; every product needs one")
        return np.array([float(prices[product]) for product in self._ids])


def _order(purchase: Event) -> Order:
    ordered_at = OPENED_AT + timedelta(milliseconds=purchase["event_timestamp"] - OPENED_MS)
    return {
        "order_id": purchase["event_id"].replace("purchase", "order"),
        "product_id": purchase["product_id"],
        "ordered_at": ordered_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "user_id": purchase["user_id"],
        "quantity": purchase["quantity"],
        "unit_price_cents": purchase["price_cents"],
        "status": "placed",
    }
