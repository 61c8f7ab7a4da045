"""What is usual at a site: its rates of about the last hour, and how widely its counts scatter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from transforms.detectors.evidence import Roots, binomial_root, poisson_root
from transforms.detectors.recent import SCALES, Pool

MEMORY: Final = 360  # windows: one counts 1/e of the newest after an hour
WARM_UP: Final = 32  # windows before anything is evidence
RESTART: Final = 180  # windows: what has been unusual for half an hour is the new usual
NUMBERS: Final = 2 + 3 * SCALES

_FIRST: Final = 6  # windows whose scatter says nothing, as the rates come from no more than them
_CLIP: Final = 3.0  # standard deviations that a window counts as at most
_CLIP_UNUSUAL: Final = 1.5  # and in the scatter while the counts are unusual
_PLACES: Final = range(0, 3 * SCALES, 3)


class Usual(NamedTuple):
    """Clicks and impressions expected of a window, never zero."""

    clicks: float
    impressions: float

    @property
    def ratio(self) -> float:
        """The click-through rate, as a fraction."""
        return self.clicks / self.impressions

    @property
    def share(self) -> float:
        """Clicks as a share of both; never so near to 0 or 1 that floats could not tell."""
        return min(max(self.clicks / (self.clicks + self.impressions), 1e-12), 1 - 1e-12)


class Baseline:
    """Rates and scatter, learned from each window after it was judged by them.

    A window pulls the rates by no more than three standard deviations, so that a burst does not
    become usual, while a level that stays does; see also `RESTART`. The scatter is the mean square
    of the roots of `evidence.Roots` by scale: 1 of counts that are as random as counts are.
    """

    __slots__ = ("clicks", "impressions", "scatter", "unusual", "windows")

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.windows, self.unusual = 0, 0
        self.clicks, self.impressions = 0.0, 0.0
        self.scatter = [1.0] * (3 * SCALES)

    @property
    def is_ready(self) -> bool:
        """Whether enough was seen to judge by."""
        return self.windows >= WARM_UP

    def usual(self) -> Usual:
        """What is expected of the next window."""
        # half a count in all that was seen: what never came may be rare
        least = 0.5 / min(max(self.windows, 1), MEMORY)
        return Usual(max(self.clicks, least), max(self.impressions, least))

    def roots(self, usual: Usual, pools: Sequence[Pool]) -> list[Roots]:
        """How far the counts of each scale miss what is usual, in units of their scatter."""
        share, unit = usual.share, self.unit
        return [
            Roots(
                poisson_root(clicks, usual.clicks * windows) / unit(place, windows),
                poisson_root(impressions, usual.impressions * windows) / unit(place + 1, windows),
                binomial_root(clicks, impressions, share) / unit(place + 2, windows),
            )
            for place, (windows, clicks, impressions) in zip(_PLACES, pools, strict=True)
        ]

    def unit(self, place: int, windows: int) -> float:
        """What a root of so many windows is measured in; `place` is its place in the scatter."""
        scatter = self.scatter[place]
        # the rates are as uncertain as the windows that they come from
        unsure = 1 + windows / min(max(self.windows, 1), 2 * MEMORY)
        return math.sqrt(unsure * scatter if scatter > 1 else unsure)

    def learn(self, newest: Pool, roots: Sequence[Roots], *, is_unusual: bool) -> None:
        """Take a window in; `roots` are those it was judged by."""
        self.unusual = self.unusual + 1 if is_unusual else max(0, self.unusual - 1)
        if self.unusual >= RESTART:
            self._begin()
        if self.windows >= _FIRST:
            self._learn_scatter(roots, _CLIP_UNUSUAL if is_unusual else _CLIP)
        weight = 1 / min(self.windows + 1, MEMORY)
        self.clicks += weight * self._missed(newest.clicks, self.clicks, 0)
        self.impressions += weight * self._missed(newest.impressions, self.impressions, 1)
        self.windows += 1

    def numbers(self) -> list[float]:
        """All of it, `NUMBERS` and the two whole ones `windows` and `unusual`."""
        return [self.clicks, self.impressions, *self.scatter]

    def restore(self, windows: int, unusual: int, numbers: Sequence[float]) -> None:
        """Go on from what was stored."""
        self.windows, self.unusual = windows, unusual
        self.clicks, self.impressions, *self.scatter = numbers

    def _learn_scatter(self, roots: Sequence[Roots], clip: float) -> None:
        weight, most = 1 / min(self.windows + 10, MEMORY), clip * clip
        flat = [root for of_scale in roots for root in of_scale]
        self.scatter = [
            was + weight * (min(root * root, most) * (was if was > 1 else 1.0) - was)
            for was, root in zip(self.scatter, flat, strict=True)
        ]

    def _missed(self, count: int, rate: float, place: int) -> float:
        if self.windows < _FIRST:
            return count - rate
        reach = _CLIP * math.sqrt(max(1.0, rate) * max(1.0, self.scatter[place]))
        return min(max(count - rate, -reach), reach)
