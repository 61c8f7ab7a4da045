"""The cost card of an environment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from localaws.clients import Clients
from localaws.costs.account import read_metrics
from localaws.costs.capacity import names_by_type, read_capacity
from localaws.costs.card import Line, cost_card
from localaws.costs.here import read_volume
from localaws.costs.prices import Prices
from localaws.costs.volume import Volume
from localaws.deployment.changesets import Stack
from localaws.deployment.environments import Environment


@dataclass(frozen=True)
class Card:
    """The lines, and what they rest on."""

    lines: list[Line]
    volume: Volume
    prices: Prices

    @property
    def total(self) -> float:
        """US dollars a month."""
        return sum(line.dollars for line in self.lines)

    @property
    def observed(self) -> str:
        """How long was looked at."""
        seconds = self.volume.observed_seconds
        return f"{seconds / 86_400:.3g} days" if seconds >= 86_400 else f"{seconds:.0f} s"


def read_card(environment: Environment, clients: Clients, prices: Prices, days: int) -> Card:
    """What the environment costs.

    Raises:
        LocalCloudError: it is not deployed, there is no volume yet, or a price is missing.
    """
    stack = Stack(clients, environment.stack)
    capacity = read_capacity(clients, stack, prices.assumption["hours_a_month"])
    names = names_by_type(stack.resources())
    if environment.is_local:
        tables = names.get("AWS::DynamoDB::Table", ())
        volume = read_volume(clients, tables, environment.bucket)
    else:
        volume = read_metrics(clients, names, environment.bucket, datetime.now(UTC), days)
    return Card(cost_card(capacity, volume, prices), volume, prices)
