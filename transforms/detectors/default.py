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
from transforms.detectors.baseline import MEMORY, NUMBERS, RESTART, WARM_UP, Baseline, Usual
from transforms.detectors.detector import WINDOW_MS, Verdict, Window, check
from transforms.detectors.forest import Forest, ForestSettings
from transforms.detectors.recent import KEPT, SCALES, Pool, Seen, near, pools
from transforms.detectors.stored import pack, unpack

FOREST: Final = ForestSettings(trees=20, sample=32, decay=2_000, dimensions=SCALES)
BASELINE: Final = f"memory {MEMORY}, warm-up {WARM_UP}, restart {RESTART}"
LAYOUT: Final = "DEF1"  # of the bytes; another layout, another name

_MOST_BITS: Final = math.log2(FOREST.sample)
_OWN: Final = 1.0  # standard deviations by which a window bears out what those before it say
_NONE: Final = Seen(0, 0, 0, 0.0)


@dataclass(frozen=True)
class Thresholds:
    """What makes an anomaly; see `profiles.DetectorSettings`."""

    score: float = 0.2
    evidence: float = 4.8
    effect: float = 0.2


class _Finding(NamedTuple):
    """What a scale says; the largest of them is the one to tell."""

    matters: bool  # the rate moved by enough
    size: float  # |evidence|
    evidence: float
    back: int  # windows before the newest, negated: of equal ones, the shortest

    @property
    def scale(self) -> int:
        return -self.back


class _Case(NamedTuple):
    """A window to be judged: what is known of it and of what is usual."""

    usual: Usual
    earlier: list[Seen]
    pools: list[Pool]
    point: list[float]  # log of the click-through rate by scale
    roots: list[E.Roots]


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
        self._recent: list[Seen] = []
        self._forest = Forest(FOREST, None if stored is None else self._restore(stored))

    def observe(self, window: Window) -> Verdict:
        """The verdict on the next window.

        Raises:
            WindowError: the window is none, or not after the one before.
        """
        check(window, self._recent[-1].start if self._recent else None)
        case = self._case(window)
        worst = self._worst(case)
        is_unusual = (
            self._baseline.is_ready and worst.matters and worst.size >= self.thresholds.evidence
        )
        verdict = self._verdict(case, worst, is_unusual=is_unusual)
        self._forest.take(case.point)
        self._baseline.learn(case.pools[0], case.roots, is_unusual=is_unusual)
        self._recent = [*self._recent, Seen(*window, worst.evidence)][-KEPT:]
        return verdict

    def to_bytes(self) -> bytes:
        """All that the next verdicts depend on."""
        baseline, recent = self._baseline, self._recent
        whole, real = [baseline.windows, baseline.unusual, len(recent)], baseline.numbers()
        for seen in [*recent, *[_NONE] * (KEPT - len(recent))]:
            whole += seen[:3]
            real.append(seen.evidence)
        return pack(LAYOUT, whole, real, self._forest.to_bytes())

    def _restore(self, stored: bytes) -> bytes:
        whole, real, forest = unpack(LAYOUT, stored, 3 + 3 * KEPT, NUMBERS + KEPT)
        windows, unusual, kept, *counts = whole
        self._baseline.restore(windows, unusual, real[:NUMBERS])
        columns = (counts[0::3], counts[1::3], counts[2::3], real[NUMBERS:])
        self._recent = [Seen(*row) for row in zip(*columns, strict=True)][:kept]
        return forest

    def _case(self, window: Window) -> _Case:
        usual, earlier = self._baseline.usual(), near(self._recent, window.start)
        by_scale = pools(window, earlier)
        point = [math.log((clicks + 0.5) / (seen + 0.5)) for _, clicks, seen in by_scale]
        return _Case(usual, earlier, by_scale, point, self._baseline.roots(usual, by_scale))

    def _worst(self, case: _Case) -> _Finding:
        usual, floor = math.log(case.usual.ratio), math.log1p(self.thresholds.effect)
        found = [E.evidence(of_scale) for of_scale in case.roots]
        return max(
            _Finding(abs(case.point[scale] - usual) >= floor, abs(value), value, -scale)
            for scale, value in enumerate(found)
        )

    def _verdict(self, case: _Case, worst: _Finding, *, is_unusual: bool) -> Verdict:
        parts = self._forest.attribution(case.point)
        high, low = sum(parts.high), sum(parts.low)
        share = min(1.0, (high + low) / _MOST_BITS)
        if not self._baseline.is_ready:
            return Verdict(
                anomaly_score=high + low,
                score_share=share,
                attribution_high=high,
                attribution_low=low,
            )
        is_anomaly = is_unusual and share >= self.thresholds.score and _is_news(case, worst)
        lowest, highest = self._band(case, worst.scale)
        return Verdict(
            is_anomaly=is_anomaly,
            severity=worst.size if is_anomaly else 0.0,
            anomaly_score=high + low,
            score_share=share,
            attribution_high=high,
            attribution_low=low,
            expected_percent=case.usual.ratio * 100,
            expected_low_percent=lowest,
            expected_high_percent=highest,
            evidence=worst.evidence,
            evidence_seconds=(worst.scale + 1) * WINDOW_MS // 1000,
            side=E.side(case.roots[worst.scale]),
            direction="up" if worst.evidence >= 0 else "down",
        )

    def _band(self, case: _Case, scale: int) -> tuple[float, float | None]:
        pool, usual, factor = case.pools[scale], case.usual.ratio, 1 + self.thresholds.effect
        unit = self._baseline.unit(3 * scale + 2, pool.windows)
        low, high = E.ratio_limits(
            pool.clicks + pool.impressions,
            case.usual.share,
            E.least_root(self.thresholds.evidence) * unit,
        )
        return min(low, usual / factor) * 100, None if high is None else max(
            high, usual * factor
        ) * 100


def _is_news(case: _Case, worst: _Finding) -> bool:
    """Whether the newest window bears the evidence out, or it is worse than what was seen."""
    sign = math.copysign(1.0, worst.evidence)
    bears_out = case.roots[0].ratio * sign >= _OWN
    return bears_out or all(worst.size > seen.evidence * sign for seen in case.earlier)
