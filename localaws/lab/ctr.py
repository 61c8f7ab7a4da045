"""The actions of the click-through-rate lab, made from a seed.

One sender of impressions and one of clicks, a record a second each, all of one site; after the
warm-up more senders of clicks for a short while: the burst that is to be found.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from catalog.streams import ACTIONS
from localaws.recordings import Recording
from localaws.sending import Record

Arrivals = Literal["even", "jitter", "poisson"]
CLICK, IMPRESSION = ACTIONS
WINDOW_MS = 10_000
# How exact a page's timer is.
_JITTER_SECONDS = 0.05
_SITE = "www{}.example.com"


class Action(NamedTuple):
    """What a browser did, so many milliseconds after the lab began."""

    at: int
    kind: str


@dataclass(frozen=True)
class CtrLabOptions:
    """What the senders send.

    Attributes:
        warm_up: seconds before the burst.
        burst: seconds of the burst.
        after: seconds of usual traffic after it.
        extra: senders of clicks that join for the burst.
        arrivals: every second by the clock; each a little off; or independent of each other.
    """

    warm_up: float = 300.0
    burst: float = 20.0
    after: float = 120.0
    extra: int = 3
    arrivals: Arrivals = "jitter"
    seed: int = 7

    @property
    def burst_ms(self) -> tuple[int, int]:
        """When the burst begins and ends, after the lab began."""
        return round(self.warm_up * 1_000), round((self.warm_up + self.burst) * 1_000)

    @property
    def length_ms(self) -> int:
        """How long it lasts."""
        return round((self.warm_up + self.burst + self.after) * 1_000)


def make_actions(options: CtrLabOptions) -> list[Action]:
    """The actions of all senders in the order of their times."""
    chance = random.Random(options.seed)  # noqa: S311 - the same seed gives the same actions
    whole, burst = (0, options.length_ms), options.burst_ms
    senders = [(IMPRESSION, whole), (CLICK, whole), *[(CLICK, burst)] * options.extra]
    return sorted(
        Action(at, kind)
        for kind, (begin, end) in senders
        for at in _arrivals(chance, options.arrivals, begin, end)
    )


def _arrivals(chance: random.Random, arrivals: Arrivals, begin: int, end: int) -> Iterator[int]:
    """When the records of one sender come, a second apart on average, `end` exclusive."""
    tick = begin + chance.random() * 1_000
    while tick < end:
        off = chance.gauss(0, _JITTER_SECONDS) * 1_000 if arrivals == "jitter" else 0.0
        yield min(max(round(tick + off), begin), end - 1)
        tick += chance.expovariate(1) * 1_000 if arrivals == "poisson" else 1_000


def to_recording(actions: Sequence[Action], site: str, start_ms: int | None) -> Recording:
    """The actions as records of the stream.

    Args:
        start_ms: when the lab began, which gives each its time; without it none says one, and the
            arrival counts.
    """
    return Recording(
        records=tuple(_record(action, site, start_ms) for action in actions),
        times=tuple(action.at + (start_ms or 0) for action in actions),
        unreadable=(),
    )


def _record(action: Action, site: str, start_ms: int | None) -> Record:
    time = {} if start_ms is None else {"event_timestamp": start_ms + action.at}
    event = {"browseraction": action.kind, "site": site, **time}
    return Record(site, json.dumps(event, separators=(",", ":")).encode())


def start_for(options: CtrLabOptions, now_ms: int, speed: float) -> int:
    """When the lab began, so that its last action is not ahead of its sending; a window's start."""
    start = now_ms - round(options.length_ms * (1 - 1 / speed))
    return start - start % WINDOW_MS


def free_site(taken: Iterable[str]) -> str:
    """`www.example.com`, else `www2.example.com` and so on: the first that is not taken."""
    used = set(taken)
    names = (_SITE.format(number or "") for number in (0, *range(2, len(used) + 3)))
    return next(name for name in names if name not in used)
