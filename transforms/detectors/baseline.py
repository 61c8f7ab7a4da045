"""What is usual at a site: its rates of about the last hour, and how widely its counts scatter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from transforms.detectors.evidence import (
    Roots,
    binomial_root,
    least_ratio,
    poisson_root,
    share_limits,
)

MEMORY = 360  # windows: one counts 1/e of the newest after an hour
WARM_UP = 32  # windows before anything is evidence
RESTART = 180  # windows: what has been unusual for half an hour is the new usual
SCALES = 3
_FIRST = 6  # windows whose scatter says nothing, as the rates come from no more than them
_PLACES = range(0, 3 * SCALES, 3)
_CLIP = 3.0  # standard deviations that a window may pull the rates by
_CLIP_OUT = 1.5  # and the scatter, while the counts are unusual


class Pool(NamedTuple):
    """The counts of the last windows added up."""

    windows: int
    clicks: int
    impressions: int


class Baseline:
    """Rates and scatter, learned from each window after it was judged by them.

    A window pulls the rates by no more than three standard deviations, so that a burst does not
    become usual, while a level that stays does; see also `RESTART`. The scatter is the mean square
    of the roots of `evidence.Roots` by scale, 1 for counts that are as random as can be.
    """

    __slots__ = ("clicks", "impressions", "scatter", "unusual", "windows")

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget everything."""
        self.windows, self.unusual = 0, 0
        self.clicks, self.impressions = 0.0, 0.0
        self.scatter = [1.0] * (3 * SCALES)

    @property
    def is_ready(self) -> bool:
        """Whether enough was seen to judge by."""
        return self.windows >= WARM_UP

    def expected(self) -> tuple[float, float]:
        """Clicks and impressions a window: never zero, as what was never seen may be rare."""
        least = 0.5 / max(1, min(self.windows, MEMORY))
        return max(self.clicks, least), max(self.impressions, least)

    def roots(self, pools: Sequence[Pool]) -> list[Roots]:
        """How far the counts of each scale miss what is expected, in units of what is usual."""
        clicks, impressions = self.expected()
        share, unit = clicks / (clicks + impressions), self._unit
        return [
            Roots(
                poisson_root(pool.clicks, clicks * pool.windows) / unit(pool.windows, place),
                poisson_root(pool.impressions, impressions * pool.windows)
                / unit(pool.windows, place + 1),
                binomial_root(pool.clicks, pool.impressions, share) / unit(pool.windows, place + 2),
            )
            for place, pool in zip(_PLACES, pools, strict=True)
        ]

    def band(
        self, pool: Pool, scale: int, evidence: float, effect: float
    ) -> tuple[float, float | None]:
        """The click-through rates, percent, outside of which one of the pool's total is evidence.

        The upper one is None where no rate is.
        """
        clicks, impressions = self.expected()
        usual, share = clicks / impressions * 100, clicks / (clicks + impressions)
        root = least_ratio(evidence) * self._unit(pool.windows, 3 * scale + 2)
        low, high = share_limits(pool.clicks + pool.impressions, share, root)
        return (
            min(low / (1 - low) * 100, usual / (1 + effect)),
            max(high / (1 - high) * 100, usual * (1 + effect)) if high < 1 else None,
        )

    def _unit(self, windows: int, place: int) -> float:
        # the rates are as uncertain as the windows that they come from
        unsure = 1 + windows / max(1, min(self.windows, 2 * MEMORY))
        return math.sqrt(unsure * max(1.0, self.scatter[place]))

    def learn(self, newest: Pool, roots: Sequence[Roots], is_unusual: bool) -> None:
        """Take a window in; `roots` are those it was judged by."""
        self.unusual = self.unusual + 1 if is_unusual else max(0, self.unusual - 1)
        if self.unusual >= RESTART:
            self.begin()
        if self.windows >= _FIRST:
            self._learn_scatter(roots, _CLIP_OUT if is_unusual else _CLIP)
        weight = 1 / min(self.windows + 1, MEMORY)
        self.clicks += weight * (self._clipped(newest.clicks, self.clicks, 0) - self.clicks)
        self.impressions += weight * (
            self._clipped(newest.impressions, self.impressions, 1) - self.impressions
        )
        self.windows += 1

    def _learn_scatter(self, roots: Sequence[Roots], clip: float) -> None:
        weight, most = 1 / min(self.windows + 10, MEMORY), clip * clip
        scatter, place = self.scatter, 0
        for of_scale in roots:
            for root in of_scale:
                was = scatter[place]
                square = min(root * root, most) * max(1.0, was)
                scatter[place] = was + weight * (square - was)
                place += 1

    def _clipped(self, count: int, rate: float, place: int) -> float:
        if self.windows < _FIRST:
            return count
        reach = _CLIP * math.sqrt(max(1.0, rate) * max(1.0, self.scatter[place]))
        return min(max(count, rate - reach), rate + reach)
