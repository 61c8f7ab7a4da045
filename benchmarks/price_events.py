"""The shop events of the price benchmarks, the same for the same numbers.

A round is what one micro-batch takes: `per_shard` events for every shard, inside one window of
event time. Shard, as Kinesis does: by the MD5 of the user. Events are 200 bytes of JSON each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

START_MS: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z
EVENT_BYTES: Final = 200
_HASHES: Final = 2**128
_SHARES: Final = (("click", 0.86), ("purchase", 0.08), ("cart", 0.04), ("impression", 0.02))
_TYPES: Final = tuple(name for name, _ in _SHARES)
_DEVICES: Final = ("phone", "desktop", "tablet")
_USERS: Final = 20_000
_FLAW: Final = 20_000  # of so many events one is put twice, and one has a negative price
_ORDER_HOURS: Final = (2, 9, 30)


@dataclass(frozen=True)
class Workload:
    """How much is sent: `products` are drawn with a weight of 1 / (rank + 50)."""

    events: int = 200_000
    shards: int = 4
    products: int = 1_000
    window_seconds: int = 100
    seed: int = 1

    @property
    def per_shard(self) -> int:
        """Events of one round in each shard."""
        return self.events // self.shards

    def window_start_ms(self, number: int) -> int:
        """Start of the window of a round, epoch milliseconds."""
        return START_MS + number * self.window_seconds * 1_000


@dataclass(frozen=True)
class Round:
    """How many events, and whether some of them are unusable or repeated."""

    events: int
    flawed: bool


def product_id(rank: int) -> str:
    """Identity of the product of a rank, from 0."""
    return f"p-{rank:05d}"


def price_cents(rank: int) -> int:
    """The price that stands."""
    return 1_000 + rank * 37 % 9_000


def events_of(workload: Workload, number: int, wanted: Round) -> Iterator[bytes]:
    """The events of one round in the order of their times, the shards in turn."""
    draws = np.random.default_rng([workload.seed, number])
    count = wanted.events
    users = _users_by_shard(workload.shards)
    ranks = draws.choice(workload.products, count, p=_weights(workload.products)).tolist()
    kinds = draws.choice(len(_TYPES), count, p=[share for _, share in _SHARES]).tolist()
    luck = draws.integers(0, 2**31, count).tolist()
    begin, span = workload.window_start_ms(number), workload.window_seconds * 1_000
    last: dict[int, bytes] = {}
    for i in range(count):
        shard = i % workload.shards
        if wanted.flawed and i % _FLAW == _FLAW - 1:
            yield last[shard]
            continue
        user = users[shard][luck[i] % len(users[shard])]
        at = begin + i * span // count
        price = price_cents(ranks[i]) - luck[i] % 4 * 50
        if wanted.flawed and i % _FLAW == _FLAW // 2:
            price = -price
        event_id = f"{number:02x}{i:08x}"
        event = _event(user, at, event_id, _TYPES[kinds[i]], ranks[i], price, luck[i] % 3)
        last[shard] = event
        yield event


def write_rounds(workload: Workload, rounds: Sequence[Round], folder: Path) -> list[Path]:
    """One JSON Lines file a round."""
    paths = []
    for number, wanted in enumerate(rounds):
        path = folder / f"round_{number:02d}.jsonl"
        with path.open("wb") as file:
            file.writelines(event + b"\n" for event in events_of(workload, number, wanted))
        paths.append(path)
    return paths


def product_items(count: int) -> Iterator[dict[str, Any]]:
    """Items of the table `products`."""
    for rank in range(count):
        price = price_cents(rank)
        yield {
            "product_id": product_id(rank),
            "name": f"Product {rank}",
            "category": f"category-{rank % 20}",
            "price_cents": price,
            "list_price_cents": price + price // 10,
            "cost_cents": price // 2,
            "min_price_cents": price * 6 // 10,
            "max_price_cents": price * 16 // 10,
            "stock": 100_000,
            "price_version": 0,
        }


def order_items(products: int) -> Iterator[dict[str, Any]]:
    """Items of the table `orders`: some a product, not all of them within a day."""
    for rank in range(products):
        for number, hours in enumerate(_ORDER_HOURS[: 1 + rank % 3]):
            moment = np.datetime64(START_MS, "ms") - np.timedelta64(hours * 3_600 + rank, "s")
            yield {
                "order_id": f"o-{rank}-{number}",
                "product_id": product_id(rank),
                "ordered_at": f"{moment.astype('datetime64[s]')}Z",
                "user_id": "u-00000",
                "quantity": 1 + number,
                "unit_price_cents": price_cents(rank),
                "status": "cancelled" if rank % 17 == 0 else "placed",
            }


def _event(
    user: str, at: int, event_id: str, kind: str, rank: int, price: int, choice: int
) -> bytes:
    bought = f'"quantity":{1 + choice},' if kind == "purchase" else ""
    text = (
        f'{{"user_id":"{user}","event_timestamp":{at},"event_type":"{kind}",'
        f'"device_type":"{_DEVICES[choice]}","event_id":"{event_id}",'
        f'"product_id":"{product_id(rank)}",{bought}"price_cents":{price},"event_name":"'
    )
    return f'{text:x<{EVENT_BYTES - 2}}"}}'.encode()


def _users_by_shard(shards: int) -> list[list[str]]:
    """Users in the shard that the MD5 of their id leads to."""
    found: list[list[str]] = [[] for _ in range(shards)]
    for number in range(_USERS):
        user = f"u-{number:05d}"
        digest = hashlib.md5(user.encode(), usedforsecurity=False).digest()
        found[int.from_bytes(digest) * shards // _HASHES].append(user)
    return found


def _weights(products: int) -> NDArray[np.float64]:
    raw = 1.0 / (np.arange(products) + 50.0)
    weights: NDArray[np.float64] = raw / raw.sum()
    return weights
