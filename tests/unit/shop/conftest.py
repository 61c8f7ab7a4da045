"""The price loop in one process: shop, windows, features, model, a largest step; no cloud."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from price_model.artefact import Artefact
from price_model.inference import input_fn, predict_fn
from price_model.train import train

from catalog.price_model import CONTENT_TYPE
from localaws.shop import Ledger, Shop
from localaws.shop.shop import OPENED_AT

WINDOW_S = 10
# From the end of a window to the price that it moves: batch, Lambda, commit.
LATENCY_S = 4
LARGEST_STEP = 0.10
SMALLEST_STEP = 0.01
COOL_DOWN_S = 10
KNOWN = ("list_price_cents", "cost_cents", "min_price_cents", "max_price_cents", "stock")

Seen = defaultdict[str, defaultdict[int, list[int]]]


def nothing_seen() -> Seen:
    return defaultdict(lambda: defaultdict(lambda: [0, 0]))


class Loop:
    """A run of the loop; `prices` stand now, `ledger` is what they have brought so far."""

    def __init__(self, shop: Shop, model: Artefact) -> None:
        self.shop, self.model = shop, model
        self.items = {item["product_id"]: item for item in shop.products()}
        self.prices = shop.starting_prices()
        self.ledger = Ledger()
        self.evidence = nothing_seen()
        self.moved: dict[str, int] = {}
        self.coming: dict[str, int] = {}
        self.now = 0

    def run(self, seconds: int) -> Loop:
        """Go on for so many seconds of the shop's time, whole windows."""
        for _ in range(seconds // WINDOW_S):
            self._window()
        return self

    def _window(self) -> None:
        start, seen = self.now, nothing_seen()
        for second in range(WINDOW_S):
            if second == LATENCY_S:
                self.prices.update(self.coming)
            tick = self.shop.tick(self.now, 1, self.prices)
            self.ledger.add(tick.profits, 1)
            self.now += 1
            for event in tick.events:
                counts = seen[event["product_id"]][event["price_cents"]]
                counts[0] += event["event_type"] == "click"
                counts[1] += event.get("quantity", 0)
        self.coming = self._changes(self._answers(start, seen))
        for product, prices in seen.items():
            for price, (clicks, units) in prices.items():
                self.evidence[product][price][0] += clicks
                self.evidence[product][price][1] += units

    def _answers(self, start: int, seen: Seen) -> dict[str, float]:
        lines = [self._candidate(product, start, seen[product]) for product in seen]
        body = "\n".join(json.dumps(line) for line in lines)
        answers = predict_fn(input_fn(body, CONTENT_TYPE), self.model)
        return {answer["product_id"]: answer["price_cents"] for answer in answers}

    def _candidate(self, product: str, start: int, seen: Mapping[int, list[int]]) -> dict[str, Any]:
        item = self.items[product]
        return {
            **{name: item[name] for name in (*KNOWN, "category")},
            "product_id": product,
            "candidate_id": f"{start}#{product}",
            "window_start": (OPENED_AT + timedelta(seconds=start)).isoformat(),
            "window_end": (OPENED_AT + timedelta(seconds=start + WINDOW_S)).isoformat(),
            "clicks": sum(clicks for clicks, _ in seen.values()),
            "purchases": 0,
            "units": sum(units for _, units in seen.values()),
            "users": 1,
            "price_cents": self.prices[product],
            "observations": _observations(seen),
            "evidence": _observations(self.evidence[product]),
        }

    def _changes(self, wanted: Mapping[str, float]) -> dict[str, int]:
        changes = {}
        for product, want in wanted.items():
            price = self.prices[product]
            step = min(max(want / price, 1 - LARGEST_STEP), 1 + LARGEST_STEP)
            rested = self.now - self.moved.get(product, -COOL_DOWN_S) >= COOL_DOWN_S
            if rested and abs(step - 1) >= SMALLEST_STEP:
                changes[product] = round(price * step)
                self.moved[product] = self.now
        return changes


def _observations(seen: Mapping[int, list[int]]) -> list[dict[str, int]]:
    return [
        {"price_cents": price, "clicks": clicks, "units": units}
        for price, (clicks, units) in sorted(seen.items())
    ]


@pytest.fixture(scope="session")
def make_loop() -> Callable[..., Loop]:
    """A loop over a new shop, with a model trained on that shop's past sales."""

    def loop(seed: int, **shop: Any) -> Loop:
        opened = Shop(seed, **shop)
        return Loop(opened, train(pd.DataFrame(opened.history())))

    return loop
