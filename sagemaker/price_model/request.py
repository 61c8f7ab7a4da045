"""A line of a request: what `catalog.price_model.PRICE_REQUEST` declares, checked.

What may be null and what null then means:
- `list_price_cents`: the price that stands anchors the curve;
- `cost_cents`: 0, so that revenue is maximised;
- `min_price_cents`, `max_price_cents`: the ends of the model's ladder, and the cost;
- `stock`: not counted, so it never runs out;
- `category`, or one that was not in training: the prior of all products together;
- `price_cents`: an unknown product. No price can be set: the line is answered with an error;
- the price of an observation, null or 0: it says nothing of the curve and is left out.
`users`, `recent_orders` and `recent_units` are accepted and not used: price is decided by clicks
and units at known prices, and the horizon of the orders is not part of the request.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator
from typing_extensions import TypedDict

from catalog.streams import MAX_PRICE_CENTS

# Whole numbers that a double holds exactly.
LARGEST = 2**53
Count = Annotated[int, Field(ge=0, le=LARGEST)]
Cents = Annotated[int, Field(ge=0, le=MAX_PRICE_CENTS)]
Price = Annotated[int, Field(ge=1, le=MAX_PRICE_CENTS)]
Name = Annotated[str, Field(min_length=1)]


class Observation(TypedDict):
    """Clicks and units at one price."""

    price_cents: Cents | None
    clicks: Count
    units: Count


class Candidate(BaseModel):
    """One candidate that can be given a price or be refused one; see the module for nulls."""

    model_config = ConfigDict(strict=True, frozen=True)

    product_id: Name
    candidate_id: Name
    window_start: AwareDatetime
    window_end: AwareDatetime
    clicks: Count
    purchases: Count
    units: Count
    users: Count
    observations: list[Observation]
    evidence: list[Observation]
    recent_orders: Count | None = None
    recent_units: Count | None = None
    price_cents: Price | None = None
    list_price_cents: Price | None = None
    cost_cents: Cents | None = None
    min_price_cents: Cents | None = None
    max_price_cents: Price | None = None
    stock: Count | None = None
    category: str | None = None

    @property
    def window_s(self) -> float:
        """Length of the window, seconds."""
        return (self.window_end - self.window_start).total_seconds()

    @property
    def standing_cents(self) -> int:
        """The price that stands; known, as the candidate was checked."""
        return self.price_cents or 0

    @property
    def anchor_cents(self) -> int:
        """The price that the curve is anchored at."""
        return self.list_price_cents or self.standing_cents

    @property
    def floor_cents(self) -> int:
        """The lowest price allowed: never below cost, never for nothing."""
        return max(self.min_price_cents or 0, self.cost_cents or 0, 1)

    @model_validator(mode="after")
    def _can_have_a_price(self) -> Self:
        if self.window_end <= self.window_start:
            raise ValueError("window_end: not after window_start")
        if self.price_cents is None:
            raise ValueError("price_cents: null, an unknown product has no price to move")
        if self.max_price_cents is not None and self.max_price_cents < self.floor_cents:
            raise ValueError(
                f"max_price_cents: {self.max_price_cents} is below the floor {self.floor_cents} "
                "(the larger of min_price_cents and cost_cents), so no price is allowed"
            )
        return self


def describe(error: ValidationError) -> str:
    """The first thing wrong with a line: the field, what is allowed, what was found."""
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    message = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] in ("missing", "value_error", "json_invalid"):
        return f"{field}: {message}" if field else message
    return f"{field}: {message}; found {str(first['input'])[:60]!r}"
