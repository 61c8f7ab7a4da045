"""The detector worth being woken by: evidence that knows its counts, and a forest that agrees.

A window is an anomaly when the counts of the last 10, 20 or 30 s miss what is usual at the site by
more standard deviations than chance and the site's own scatter explain, the click-through rate
moved by enough to matter, and a Random Cut Forest finds the rates of the three scales unusual too.
The tail of an event, windows that are usual but are added to those before, is no anomaly unless it
is worse than what was seen of the event.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

from transforms.detectors import evidence as E
from transforms.detectors.baseline import MEMORY, RESTART, SCALES, WARM_UP, Baseline, Pool
from transforms.detectors.detector import WINDOW_MS, Verdict, Window, check
from transforms.detectors.forest import Attribution, Forest, ForestSettings
from transforms.detectors.stored import pack, unpack

FOREST: Final = ForestSettings(trees=30, sample=32, decay=2_000, dimensions=SCALES)
BASELINE: Final = f"memory {MEMORY}, warm-up {WARM_UP}, restart {RESTART}"
LAYOUT: Final = "DEF1"  # of the bytes; another layout, another name

_KEPT: Final = SCALES - 1  # windows before the newest that a scale can add to it
_MOST_BITS: Final = math.log2(FOREST.sample)
_OWN: Final = 1.0  # standard deviations by which a window bears out what those before it say


@dataclass(frozen=True)
class Thresholds:
    """What makes an anomaly; see `profiles.DetectorSettings`."""

    score: float = 0.25
    evidence: float = 4.5
    effect: float = 0.2


class _Seen(NamedTuple):
    start: int
    clicks: int
    impressions: int
    evidence: float


class _Finding(NamedTuple):
    """What a scale says; the largest of them is the one to tell."""

    matters: bool  # the rate moved by enough
    size: float  # |evidence|
    evidence: float
    back: int  # windows before the newest, negated: of equal ones, the shortest

    @property
    def scale(self) -> int:
        return -self.back


class DefaultDetector:
    """See the module. `severity` is |evidence|; `side` and `direction` say what moved where.

    The band is of the scale that the evidence is of: a click-through rate of its counts outside
    of the band is evidence, and may be an anomaly. Its upper end is None where the counts are too
    few for any rate to be.
    """

    def __init__(self, thresholds: Thresholds | None = None, stored: bytes | None = None) -> None:
        """A detector that has seen nothing, or the one that `to_bytes` stored.

        Raises:
            StateError: the bytes are none of this detector.
        """
        self.thresholds = thresholds or Thresholds()
        self._baseline = Baseline()
        self._recent: list[_Seen] = []
        self._forest = Forest(FOREST, None if stored is None else self._restore(stored))

    def observe(self, window: Window) -> Verdict:
        """The verdict on the next window.

        Raises:
            WindowError: the window is none, or not after the one before.
        """
        check(window, self._recent[-1].start if self._recent else None)
        earlier = [seen for seen in self._recent if window.start - seen.start < SCALES * WINDOW_MS]
        pools = _pools(window, earlier)
        point = [math.log((pool.clicks + 0.5) / (pool.impressions + 0.5)) for pool in pools]
        roots = self._baseline.roots(pools)
        worst = self._worst(point, roots)
        verdict = self._verdict(worst, pools[worst.scale], roots, earlier, point)
        self._forest.take(point)
        self._baseline.learn(pools[0], roots, self._is_unusual(worst))
        self._recent = [*self._recent, _Seen(*window, worst.evidence)][-_KEPT:]
        return verdict

    def to_bytes(self) -> bytes:
        """All that the next verdicts depend on."""
        baseline, recent = self._baseline, self._recent
        whole = [baseline.windows, baseline.unusual, len(recent)]
        real = [baseline.clicks, baseline.impressions, *baseline.scatter]
        for seen in [*recent, *[_Seen(0, 0, 0, 0.0)] * (_KEPT - len(recent))]:
            whole += seen[:3]
            real.append(seen.evidence)
        return pack(LAYOUT, whole, real, self._forest.to_bytes())

    def _restore(self, stored: bytes) -> bytes:
        whole, real, forest = unpack(LAYOUT, stored, 3 + 3 * _KEPT, 2 + 3 * SCALES + _KEPT)
        baseline = self._baseline
        baseline.windows, baseline.unusual, kept, *counts = whole
        baseline.clicks, baseline.impressions, *rest = real
        baseline.scatter, evidence = rest[: 3 * SCALES], rest[3 * SCALES :]
        self._recent = [
            _Seen(counts[3 * n], counts[3 * n + 1], counts[3 * n + 2], evidence[n])
            for n in range(kept)
        ]
        return forest

    def _worst(self, point: list[float], roots: list[E.Roots]) -> _Finding:
        clicks, impressions = self._baseline.expected()
        usual, floor = math.log(clicks / impressions), math.log1p(self.thresholds.effect)
        found = [E.evidence(of_scale) for of_scale in roots]
        return max(
            _Finding(abs(point[scale] - usual) >= floor, abs(value), value, -scale)
            for scale, value in enumerate(found)
        )

    def _is_unusual(self, worst: _Finding) -> bool:
        return worst.matters and worst.size >= self.thresholds.evidence

    def _verdict(
        self,
        worst: _Finding,
        pool: Pool,
        roots: list[E.Roots],
        earlier: list[_Seen],
        point: list[float],
    ) -> Verdict:
        parts = self._forest.attribution(point)
        bits = sum(parts.high) + sum(parts.low)
        share = min(1.0, bits / _MOST_BITS)
        if not self._baseline.is_ready:
            return _scored(parts, bits, share)
        low, high = self._band(pool, worst.scale)
        is_anomaly = (
            share >= self.thresholds.score
            and self._is_unusual(worst)
            and _is_news(worst, roots[0], earlier)
        )
        clicks, impressions = self._baseline.expected()
        return Verdict(
            is_anomaly=is_anomaly,
            severity=worst.size if is_anomaly else 0.0,
            anomaly_score=bits,
            score_share=share,
            attribution_high=sum(parts.high),
            attribution_low=sum(parts.low),
            expected_percent=clicks / impressions * 100,
            expected_low_percent=low,
            expected_high_percent=high,
            evidence=worst.evidence,
            evidence_seconds=(worst.scale + 1) * WINDOW_MS // 1000,
            side=E.side(roots[worst.scale]),
            direction="up" if worst.evidence >= 0 else "down",
        )

    def _band(self, pool: Pool, scale: int) -> tuple[float, float | None]:
        return self._baseline.band(pool, scale, self.thresholds.evidence, self.thresholds.effect)


def _pools(window: Window, earlier: list[_Seen]) -> list[Pool]:
    """Those of 10, 20 and 30 s up to the window's end; windows that are not there add nothing."""
    pools, windows, clicks, impressions = [], 1, window.clicks, window.impressions
    by_start = {seen.start: seen for seen in earlier}
    pools.append(Pool(windows, clicks, impressions))
    for back in range(1, SCALES):
        seen = by_start.get(window.start - back * WINDOW_MS)
        if seen is not None:
            windows += 1
            clicks += seen.clicks
            impressions += seen.impressions
        pools.append(Pool(windows, clicks, impressions))
    return pools


def _is_news(worst: _Finding, own: E.Roots, earlier: list[_Seen]) -> bool:
    """Whether the newest window bears the evidence out, or it is worse than what was seen."""
    sign = math.copysign(1.0, worst.evidence)
    return own.ratio * sign >= _OWN or all(worst.size > seen.evidence * sign for seen in earlier)


def _scored(parts: Attribution, bits: float, share: float) -> Verdict:
    return Verdict(
        anomaly_score=bits,
        score_share=share,
        attribution_high=sum(parts.high),
        attribution_low=sum(parts.low),
    )
