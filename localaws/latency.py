"""From click to price: how long after a click was put the price it led to was committed."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from localaws.clients import Clients
from localaws.tables import get_item


class ClickLog:
    """When each click was put: event time and wall clock, epoch ms, by product."""

    def __init__(self) -> None:
        self._event_times: dict[str, list[int]] = defaultdict(list)
        self._put_times: dict[str, list[float]] = defaultdict(list)

    def add(self, events: Iterable[Mapping[str, Any]], put_ms: float) -> None:
        """Note the clicks among the events, which come in the order of their event times."""
        for event in events:
            if event["event_type"] == "click" and event.get("product_id"):
                self._event_times[event["product_id"]].append(event["event_timestamp"])
                self._put_times[event["product_id"]].append(put_ms)

    def put_between(self, product_id: str, first_ms: int, last_ms: int) -> list[float]:
        """When the product's clicks of these event times, both inclusive, were put."""
        times = self._event_times[product_id]
        found = slice(bisect_left(times, first_ms), bisect_right(times, last_ms))
        return self._put_times[product_id][found]


class ClickToPrice:
    """Milliseconds from click to price, for every click whose candidate moved a price."""

    def __init__(self, clients: Clients, clicks: ClickLog) -> None:
        self.millis: list[float] = []
        self._clients = clients
        self._clicks = clicks
        self._seen: set[tuple[str, str]] = set()

    def follow(self, changes: Iterable[Mapping[str, Any]]) -> None:
        """Take the changes of the ledger that are new."""
        for change in changes:
            key = (change["product_id"], change["candidate_id"])
            if key not in self._seen:
                self._seen.add(key)
                self._add(change)

    def percentile(self, share: float) -> float | None:
        """The nearest-rank percentile, ms; None before the first change."""
        return percentile(self.millis, share)

    def _add(self, change: Mapping[str, Any]) -> None:
        key = {name: change[name] for name in ("product_id", "candidate_id")}
        candidate = get_item(self._clients, "price_candidates", key)
        if candidate is None:
            return
        committed = datetime.fromisoformat(change["committed_at"]).timestamp() * 1_000
        put = self._clicks.put_between(
            change["product_id"], candidate["first_event_at"], candidate["last_event_at"]
        )
        self.millis += [committed - at for at in put]


def percentile(values: Iterable[float], share: float) -> float | None:
    """The nearest-rank percentile of the values; None of none."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
