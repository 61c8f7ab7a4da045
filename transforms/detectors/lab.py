"""The detector of the lab: RANDOM_CUT_FOREST over the click-through rate, anomaly above 2.

As the lab's SQL does it: the rate is clicks / impressions x 100 of a window that has both, any
other window is not seen; 100 trees of 12 points, time decay 100,000, shingle 1; a point is scored
before it is taken in, and the first 12 scores are zero.
"""

from __future__ import annotations

import math

from transforms.detectors.detector import Direction, Verdict, Window, check
from transforms.detectors.forest import Attribution, Forest, ForestSettings
from transforms.detectors.stored import pack, unpack

FOREST = ForestSettings(trees=100, sample=12, decay=100_000, shingle=1)
THRESHOLD = 2.0  # bits

LAYOUT = "LAB1"  # of the bytes; another layout, another name
_MOST_BITS = math.log2(FOREST.sample)
_NOTHING = Verdict()


class LabDetector:
    """See the module; an anomaly is a window with a score above `threshold`, bits.

    `direction` is where the larger part of the score comes from, `severity` is the score.
    """

    def __init__(self, threshold: float = THRESHOLD, stored: bytes | None = None) -> None:
        """A detector that has seen nothing, or the one that `to_bytes` stored.

        Raises:
            StateError: the bytes are none of this detector.
        """
        self.threshold = threshold
        self._last_start: int | None = None
        self._forest = Forest(FOREST, None if stored is None else self._restore(stored))

    def observe(self, window: Window) -> Verdict:
        """The verdict on the next window.

        Raises:
            WindowError: the window is none, or not after the one before.
        """
        check(window, self._last_start)
        self._last_start = window.start
        percent = window.ctr_percent
        if percent is None:
            return _NOTHING
        verdict = self._verdict([percent])
        self._forest.take([percent])
        return verdict

    def to_bytes(self) -> bytes:
        """All that the next verdicts depend on."""
        last = -1 if self._last_start is None else self._last_start
        return pack(LAYOUT, [self._last_start is not None, last], [], self._forest.to_bytes())

    def _restore(self, stored: bytes) -> bytes:
        (seen, last), _, forest = unpack(LAYOUT, stored, 2, 0)
        self._last_start = last if seen else None
        return forest

    def _verdict(self, point: list[float]) -> Verdict:
        parts = self._forest.attribution(point)
        score = parts.high[0] + parts.low[0]
        is_anomaly = score > self.threshold
        return Verdict(
            is_anomaly=is_anomaly,
            severity=score if is_anomaly else 0.0,
            anomaly_score=score,
            score_share=min(1.0, score / _MOST_BITS),
            attribution_high=parts.high[0],
            attribution_low=parts.low[0],
            direction=_direction(parts) if score else None,
        )


def _direction(parts: Attribution) -> Direction:
    return "up" if parts.high[0] >= parts.low[0] else "down"
