"""The clicks of the session benchmarks, as native Kinesis rows in Parquet: one file a shard.

Users click independently of each other, so that gaps are exponential. Some events arrive late, by
up to five seconds: the order of arrival is not that of event time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

START_MS: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z
_PAGES: Final = ("home", "search", "product", "cart", "checkout")
_DEVICES: Final = ("phone", "desktop", "tablet")
_SEQUENCE: Final = "4959033827149025660855969253836157109592{:016d}"


@dataclass(frozen=True)
class Clicks:
    """How much is sent: `mean_gap_ms` from one click of a user to the next, on average."""

    events: int = 1_000_000
    users: int = 50_000
    shards: int = 4
    batches: int = 4
    mean_gap_ms: int = 7_000
    late_share: float = 0.05
    late_by_ms: int = 5_000
    seed: int = 1

    @property
    def span_ms(self) -> int:
        """Event time from the first click to the last."""
        return self.events * self.mean_gap_ms // self.users


@dataclass(frozen=True)
class Sent:
    """Events in the order of arrival: user, event time and arrival, epoch ms."""

    user: NDArray[np.int64]
    at: NDArray[np.int64]
    arrived_at: NDArray[np.int64]

    def part(self, number: int, parts: int) -> Sent:
        """One of `parts` equal parts."""
        size = len(self.at) // parts
        piece = slice(number * size, (number + 1) * size)
        return Sent(self.user[piece], self.at[piece], self.arrived_at[piece])


def draw(clicks: Clicks, begin_ms: int = START_MS) -> Sent:
    """The events, the same for the same numbers."""
    draws = np.random.default_rng(clicks.seed)
    at = begin_ms + np.sort(draws.integers(0, clicks.span_ms, clicks.events))
    user = draws.integers(0, clicks.users, clicks.events)
    delay = np.where(
        draws.random(clicks.events) < clicks.late_share,
        draws.integers(1, clicks.late_by_ms + 1, clicks.events),
        0,
    )
    order = np.argsort(at + delay, kind="stable")
    return Sent(user[order], at[order], (at + delay)[order])


def write(sent: Sent, first: int, shards: int, folder: Path, name: str) -> None:
    """The events as one file a shard; `first` is the number of the first of them."""
    rows = to_rows(sent, first)
    for shard in range(shards):
        wanted = pa.array(sent.user % shards == shard)
        pq.write_table(rows.filter(wanted), folder / f"{name}-{shard}.parquet")


def to_rows(sent: Sent, first: int) -> pa.Table:
    """The events as native Kinesis rows."""
    numbers = np.arange(first, first + len(sent.at))
    user = _joined("user-", _padded(sent.user, 7))
    data = _joined(
        *('{"user_id":"', user, '","event_timestamp":', _text(sent.at)),
        *(',"event_name":"', _chosen(_PAGES, numbers), '","event_type":"'),
        *(_chosen(("click",) * 19 + ("purchase",), numbers), '","device_type":"'),
        *(_chosen(_DEVICES, sent.user + numbers // 1_000), '","event_id":"e', _text(numbers), '"}'),
    )
    return pa.table(
        {
            "data": data.cast(pa.binary()),
            "streamName": pa.repeat(pa.scalar("clickstream"), len(numbers)),
            "partitionKey": user,
            "sequenceNumber": pa.array([_SEQUENCE.format(n) for n in numbers.tolist()]),
            "approximateArrivalTimestamp": pa.array(
                sent.arrived_at * 1_000, pa.timestamp("us", tz="UTC")
            ),
        }
    )


def _joined(*parts: Any) -> Any:
    return pc.binary_join_element_wise(*parts, "")


def _text(numbers: NDArray[np.int64]) -> Any:
    return pa.array(numbers).cast(pa.string())


def _padded(numbers: NDArray[np.int64], width: int) -> Any:
    return pc.utf8_lpad(_text(numbers), width, "0")


def _chosen(texts: tuple[str, ...], numbers: NDArray[np.int64]) -> Any:
    return pa.array(texts).take(pa.array(numbers % len(texts)))
