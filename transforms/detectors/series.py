"""Detectors of any series of numbers: one number in, its score and whether it is an anomaly out.

Each is a pure function of its settings and the numbers so far: none looks ahead.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple, Protocol

from krcf import RandomCutForest

from transforms.detectors.forest import MAX_VALUE, Forest, ForestError, ForestSettings, PointError
from transforms.detectors.novelty import Novelty

# The second and third view: the last so many values, looked at every so many.
SPAN: Final = 64
STEP: Final = 16
SPAN_SAMPLE: Final = 256
# A view of many values has a smaller forest and less noise: its shares count this much.
SPAN_WEIGHT: Final = 2 / 3
# Points that a forest takes in before it says anything.
ROW_WARM_UP: Final = 32
SPAN_WARM_UP: Final = 16
# To a forest, the first change ever is an extreme one, be it the rounding of a constant. In a
# series that moves less than STILL of its level, a change of less than NEGLIGIBLE of it is none.
STILL: Final = 1e-12
NEGLIGIBLE: Final = 1e-5


@dataclass(frozen=True)
class SeriesSettings:
    """The settings of either detector.

    Attributes:
        forest: of single values.
        threshold: a higher score is an alert; in the unit of the detector's score.
        novelty: an alert is above the scores of so many values before it; 0 leaves that out.

    Raises:
        ForestError: a value is outside of what is allowed.
    """

    forest: ForestSettings
    threshold: float
    novelty: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= self.forest.sample:
            raise ForestError(f"threshold: found {self.threshold!r}; allowed are 0 and more")
        if not 0 <= self.novelty <= 1_000_000:
            raise ForestError(f"novelty: found {self.novelty!r}; allowed are 0 to 1000000")


SERVICE: Final = SeriesSettings(ForestSettings(), threshold=2.0)
VIEWS: Final = SeriesSettings(ForestSettings(trees=20, sample=2_000), threshold=0.235, novelty=100)


class Judged(NamedTuple):
    """A score, and whether it is an alert: it is one when it is above the threshold."""

    score: float
    alert: bool


class SeriesDetector(Protocol):
    """Judges the values of one series, each once and in their order."""

    def observe(self, value: float) -> Judged:
        """The verdict on the next value.

        Raises:
            PointError: it is not finite or too large; the detector has not seen it.
        """
        ...


class ServiceDetector:
    """Scores as `RANDOM_CUT_FOREST` of Kinesis Data Analytics did, in bits: 0 to log2(sample)."""

    def __init__(self, settings: SeriesSettings = SERVICE) -> None:
        self._forest = Forest(settings.forest)
        self._verdict = _Verdict(settings, math.log2(settings.forest.sample))

    def observe(self, value: float) -> Judged:
        """See `SeriesDetector`."""
        score = self._forest.score([value]).value
        self._forest.take([value])
        return self._verdict.on(score)


class ViewsDetector:
    """Scores 0 to 1: the highest that any of three views gives, as a share of the highest there is.

    Each view has a forest: of the values; of their mean over the last `SPAN`, which shows a level
    that has shifted within what single values may be; and of their mean change from one to the
    next, which shows a series that freezes or begins to shake.
    """

    def __init__(self, settings: SeriesSettings = VIEWS) -> None:
        self._values = _View(settings.forest, ROW_WARM_UP)
        self._levels = _View(_of_spans(settings.forest), SPAN_WARM_UP)
        self._changes = _View(_of_spans(settings.forest), SPAN_WARM_UP)
        self._span = _Span()
        self._verdict = _Verdict(settings, 1.0)

    def observe(self, value: float) -> Judged:
        """See `SeriesDetector`."""
        if not abs(value) <= MAX_VALUE:  # so that NaN is refused, too
            raise PointError(f"found {value}; allowed are numbers up to {MAX_VALUE:g}")
        share = self._values.share(value)
        negligible = self._span.is_negligible(value)
        if self._span.completes(value):
            level, change = self._span.level, self._span.change
            of_spans = max(self._levels.share(level), self._changes.share(change))
            share = max(share, SPAN_WEIGHT * of_spans)
        return self._verdict.on(share, negligible=negligible)


class _View:
    """A forest that scores while it still fills, which `Forest` does not."""

    def __init__(self, settings: ForestSettings, warm_up: int) -> None:
        options: Any = {
            "dimensions": 1,
            "shingle_size": settings.shingle,
            "num_trees": settings.trees,
            "sample_size": settings.sample,
            "output_after": min(warm_up, settings.sample),
            "lambda": 1 / settings.decay,
            "random_seed": settings.seed,
            "parallel_execution_enabled": False,
        }
        self._forest = RandomCutForest(options)
        self._highest = math.log2(settings.sample + 1)
        self._origin: float | None = None

    def share(self, value: float) -> float:
        """Score the value, then take it in; the share is of the highest that a full forest gives.

        So a forest that still fills says less, as it should: it knows less.
        """
        if self._origin is None:
            self._origin = value
        # The forest computes in 32 bits: small changes of large numbers would be lost.
        point = [value - self._origin]
        share = self._forest.score(point) / self._highest
        self._forest.update(point)
        return min(share, 1.0)


class _Span:
    """The last values: their level, and how much they change from one to the next."""

    def __init__(self) -> None:
        self._values: deque[float] = deque(maxlen=SPAN)
        self._seen = 0
        self.level = 0.0
        self.change = math.inf

    def completes(self, value: float) -> bool:
        """Take the value in; True when level and change are of the values up to this one."""
        self._values.append(value)
        self._seen += 1
        if self._seen % STEP or self._seen < SPAN:
            return False
        self.level = math.fsum(self._values) / SPAN
        self.change = sum(abs(b - a) for a, b in pairwise(self._values)) / (SPAN - 1)
        return True

    def is_negligible(self, value: float) -> bool:
        """Whether a value that comes next is the level of a series that stands still."""
        size = abs(self.level)
        return self.change <= STILL * size and abs(value - self.level) <= NEGLIGIBLE * size


class _Verdict:
    """What is made of a score, 0 to `highest`: it is an alert when it is above the threshold.

    A score that is not news is not withheld but pressed below the threshold, so that the scores
    still rank the values.
    """

    def __init__(self, settings: SeriesSettings, highest: float) -> None:
        self._threshold = settings.threshold
        self._pressed = min(1.0, settings.threshold / highest)
        self._novelty = Novelty(settings.novelty)

    def on(self, score: float, *, negligible: bool = False) -> Judged:
        new = self._novelty.is_new(score) and not negligible
        score = score if new else score * self._pressed
        return Judged(score, score > self._threshold)


def _of_spans(settings: ForestSettings) -> ForestSettings:
    return ForestSettings(settings.trees, SPAN_SAMPLE, settings.decay, seed=settings.seed)
