"""The traffic of the lab as counts of windows: one sender of impressions, one of clicks, bursts.

Each sender sends a record a second; for a burst three more send clicks for 20 s.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from transforms.detectors.detector import WINDOW_MS, Window

WINDOW: Final = WINDOW_MS / 1_000  # seconds
DAY: Final = 86_400.0
BURST_SECONDS: Final = 20.0
BURST_SENDERS: Final = 3
BETWEEN_BURSTS: Final = (2_400.0, 4_800.0)  # seconds from one's start to the next one's: an hour

Random = np.random.Generator
Times = np.ndarray[tuple[int], np.dtype[np.float64]]
Sender = Callable[[Random, float, float], Times]


def _jittery(jitter: float) -> Sender:
    def arrivals(rng: Random, begin: float, end: float) -> Times:
        ticks = np.arange(begin + rng.random(), end)
        return np.asarray(ticks + rng.normal(0.0, jitter, ticks.size))

    return arrivals


def _poisson(rng: Random, begin: float, end: float) -> Times:
    return np.asarray(rng.uniform(begin, end, rng.poisson(end - begin)))


# When the records of a sender arrive that sends one a second from `begin` to `end`.
SENDERS: Final[dict[str, Sender]] = {
    "jitter_50_ms": _jittery(0.05),
    "jitter_1_s": _jittery(1.0),
    "poisson": _poisson,
}


@dataclass(frozen=True)
class Burst:
    """More clicks from `begin` until `end`, seconds."""

    begin: float
    end: float

    @property
    def first_window(self) -> float:
        """Start of the first window that it touches, seconds."""
        return math.floor(self.begin / WINDOW) * WINDOW


@dataclass(frozen=True)
class Traffic:
    """The counts of the windows from time 0 on, and what is unusual in them."""

    clicks: list[int]
    impressions: list[int]
    bursts: list[Burst]

    def windows(self) -> Iterator[Window]:
        """The windows that had any action."""
        for n, (clicks, impressions) in enumerate(zip(self.clicks, self.impressions, strict=True)):
            if clicks + impressions:
                yield Window(n * WINDOW_MS, clicks, impressions)


def traffic(
    sender: str, days: float, seed: int, *, bursts: bool, more: int = BURST_SENDERS
) -> Traffic:
    """Days of traffic; the same seed gives the same. The first burst comes after an hour."""
    rng, send, end = np.random.default_rng(seed), SENDERS[sender], days * DAY
    planned = list(_planned(rng, end)) if bursts else []
    extra = [send(rng, b.begin, b.end) for b in planned for _ in range(more)]
    return Traffic(
        clicks=_counts(np.concatenate([send(rng, 0.0, end), *extra]), end),
        impressions=_counts(send(rng, 0.0, end), end),
        bursts=planned,
    )


def _planned(rng: Random, end: float) -> Iterator[Burst]:
    begin = BETWEEN_BURSTS[1] * rng.uniform(0.75, 1.0)
    while begin + BURST_SECONDS + BETWEEN_BURSTS[0] / 2 < end:
        yield Burst(begin, begin + BURST_SECONDS)
        begin += rng.uniform(*BETWEEN_BURSTS)


def _counts(times: Times, end: float) -> list[int]:
    inside = times[(times >= 0) & (times < end)]
    found = np.bincount((inside / WINDOW).astype(np.int64), minlength=math.ceil(end / WINDOW))
    return [int(count) for count in found]
