"""What becomes of a candidate that the model answered on: a change of the price, or none."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from lambdas.price_updater.answers import Answer
from lambdas.price_updater.guardrails import Clamp, guarded_price, out_of_bounds
from lambdas.price_updater.record import Candidate, Product, time_text
from lambdas.price_updater.settings import Settings


@dataclass(frozen=True)
class Kept:
    """The price stays, and why, in a short code."""

    reason: str


@dataclass(frozen=True)
class Change:
    """A price to write, with all that the ledger says of it."""

    candidate: Candidate
    product: Product
    answer: Answer
    new_price_cents: int
    guardrails: tuple[Clamp, ...]

    @property
    def price_version(self) -> int:
        """The version of the new price."""
        return self.product.price_version + 1

    @property
    def reason(self) -> str:
        """Why the price moves, for people."""
        bound = ", ".join(clamp.name.replace("_", " ") for clamp in self.guardrails)
        return (
            f"model asks {self.answer.price_cents:.10g} (was {self.product.price_cents}):"
            f" expected profit per click {self.answer.current_profit_cents:.1f}"
            f" -> {self.answer.expected_profit_cents:.1f}" + (f"; {bound} bound" if bound else "")
        )

    def entry(self, committed_at: datetime) -> dict[str, Any]:
        """The item of `price_changes`; numbers as DynamoDB takes them."""
        return {
            "product_id": self.candidate.product_id,
            "candidate_id": self.candidate.candidate_id,
            "old_price_cents": self.product.price_cents,
            "raw_price_cents": Decimal(repr(self.answer.price_cents)),
            "new_price_cents": self.new_price_cents,
            "guardrails": [asdict(clamp) for clamp in self.guardrails],
            "reason": self.reason,
            "model_version": self.answer.model_version,
            "features": json.dumps(self.candidate.asked, sort_keys=True, ensure_ascii=False),
            "price_version": self.price_version,
            "effective_at": time_text(self.candidate.window_end),
            "committed_at": time_text(committed_at),
        }


def is_stale(candidate: Candidate, product: Product) -> bool:
    """Whether the price that the candidate was made for no longer stands."""
    return (candidate.price_version, candidate.price_cents) != (
        product.price_version,
        product.price_cents,
    )


def decide(
    candidate: Candidate, product: Product, answer: Answer, settings: Settings
) -> Change | Kept:
    """The change to write, or why there is none.

    A price that stands out of its bounds is moved at once: neither the smallest step nor the
    cool-down may keep a product below its cost.
    """
    price, clamps = guarded_price(answer.price_cents, product, settings.max_step)
    step = abs(price - product.price_cents)
    if step == 0:
        return Kept("same_price")
    if not out_of_bounds(product):
        if step < settings.min_step * product.price_cents:
            return Kept("smallest_step")
        if _is_cooling_down(candidate, product, settings):
            return Kept("cool_down")
    return Change(candidate, product, answer, price, clamps)


def _is_cooling_down(candidate: Candidate, product: Product, settings: Settings) -> bool:
    """In event time, so that a replay decides as the first run did."""
    moved_at = product.price_updated_at
    if moved_at is None:
        return False
    return candidate.window_end - moved_at < settings.cool_down
