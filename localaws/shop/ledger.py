"""What a run earned, beside what the same shoppers would have brought at other prices.

Whether a click ends in a purchase is chance; what it was worth on average at the price shown is
known in closed form. `this_run`, `starting_prices` and `best_constant` are all that average, added
up over the very same clicks: no luck in any of them, so that short runs can be compared.
`realised` is what was in fact earned by the purchases that came.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Profits:
    """Profits in minor units, over the same clicks; see the module."""

    this_run: float = 0.0
    starting_prices: float = 0.0
    best_constant: float = 0.0
    realised: float = 0.0

    def __add__(self, other: Profits) -> Profits:
        return Profits(*(a + b for a, b in zip(self.values(), other.values(), strict=True)))

    def times(self, factor: float) -> Profits:
        """Every profit times `factor`."""
        return Profits(*(value * factor for value in self.values()))

    def values(self) -> tuple[float, ...]:
        """The profits in the order of their fields."""
        return tuple(getattr(self, field.name) for field in fields(self))

    @property
    def captured(self) -> float | None:
        """Share of the way from the starting prices to the best constant ones; None for no way."""
        way = self.best_constant - self.starting_prices
        return (self.this_run - self.starting_prices) / way if way > 0 else None


@dataclass
class Ledger:
    """Profits of a run so far, and the time they took, seconds."""

    total: Profits = Profits()
    seconds: float = 0.0

    def add(self, profits: Profits, seconds: float) -> None:
        """Count what a tick of `seconds` brought."""
        self.total += profits
        self.seconds += seconds

    def per_hour(self) -> Profits:
        """Profits an hour, minor units; zeros before the first tick."""
        return self.total.times(3_600 / self.seconds) if self.seconds else Profits()
