"""A Random Cut Forest that scores as `RANDOM_CUT_FOREST` of Kinesis Data Analytics did.

The forest is krcf's. Its score is normalised by log2 of the sample size plus one, where the
service took the sample size; the service scored a point before it took it in, and gave zeros until
it had one sample. Measured on what the service itself put out: the median of the ratio is 0.98 to
1.00 (see docs/decisions/009).

Source: Guha, Mishra, Roy, Schrijvers, "Robust Random Cut Forest Based Anomaly Detection on
Streams", ICML 2016; Amazon Kinesis Data Analytics SQL reference, RANDOM_CUT_FOREST.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from krcf import RandomCutForest

# krcf computes in 32 bits; a point of NaN or infinity would corrupt the forest for good.
MAX_VALUE = 1e30


class PointError(ValueError):
    """Raised when a point would corrupt the forest; the forest has not seen it."""


class ForestError(ValueError):
    """Raised when the settings of a forest are not allowed, or its bytes are none of a forest."""


@dataclass(frozen=True)
class ForestSettings:
    """The parameters of `RANDOM_CUT_FOREST`, and what a point of it is.

    Attributes:
        trees: number of trees, 1 to 1,000.
        sample: points that a tree keeps, 2 to 10,000; the score is at most log2 of it.
        decay: points after which one counts as good as not, at least 1.
        shingle: consecutive points seen as one, 1 to 60.
        dimensions: numbers in a point.
        seed: the same seed and points give the same scores.

    Raises:
        ForestError: a value is outside of these.
    """

    trees: int = 100
    sample: int = 12
    decay: int = 100_000
    shingle: int = 1
    dimensions: int = 1
    seed: int = 7

    def __post_init__(self) -> None:
        allowed = {
            "trees": (1, 1_000),
            "sample": (2, 10_000),
            "decay": (1, 2**53),
            "shingle": (1, 60),
            "dimensions": (1, 100),
            "seed": (0, 2**63 - 1),
        }
        for name, (least, most) in allowed.items():
            found = getattr(self, name)
            if not least <= found <= most:
                raise ForestError(f"{name}: found {found!r}; allowed are {least} to {most}")


@dataclass(frozen=True)
class Score:
    """What the forest says of a point.

    Attributes:
        value: the score, bits: 0 to log2 of the sample size; 0 while the forest fills.
        share: the score as a share of the highest that the forest can give now, 0 to 1.
    """

    value: float
    share: float


@dataclass(frozen=True)
class Attribution:
    """The parts of a score by direction, one number a dimension; all of them add up to it."""

    high: tuple[float, ...]
    low: tuple[float, ...]


class Forest:
    """A Random Cut Forest. `score` first, then `take`: a point is judged by those before it."""

    def __init__(self, settings: ForestSettings, stored: bytes | None = None) -> None:
        """An empty forest, or the one that `to_bytes` stored.

        Raises:
            ForestError: the bytes are none of a forest.
        """
        self.settings = settings
        self._forest = _empty(settings) if stored is None else _restored(stored)

    @property
    def seen(self) -> int:
        """Points taken in."""
        return self._forest.entries_seen()

    def score(self, point: Sequence[float]) -> Score:
        """The score of a point that has not been taken in; zeros while the forest fills.

        Raises:
            PointError: a value is not finite or too large, or there are too many or too few.
        """
        self._check(point)
        raw = self._forest.score(list(point))
        if self.seen < self.settings.sample:
            return Score(0.0, 0.0)
        sample = self.settings.sample
        return Score(raw * _service_scale(sample), min(1.0, raw / math.log2(sample + 1)))

    def attribution(self, point: Sequence[float]) -> Attribution:
        """Which dimensions of the point the score comes from, and in which direction.

        Raises:
            PointError: as `score` does.
        """
        self._check(point)
        scale = _service_scale(self.settings.sample)
        found = self._forest.attribution(list(point))
        if self.seen < self.settings.sample:
            nothing = (0.0,) * len(found["high"])
            return Attribution(nothing, nothing)
        return Attribution(
            tuple(part * scale for part in found["high"]),
            tuple(part * scale for part in found["low"]),
        )

    def take(self, point: Sequence[float]) -> None:
        """Take the point in.

        Raises:
            PointError: as `score` does.
        """
        self._check(point)
        self._forest.update(list(point))

    def to_bytes(self) -> bytes:
        """The whole forest with its random numbers: it goes on as if it had never been stored."""
        return bytes(self._forest.to_msgpack())

    def _check(self, point: Sequence[float]) -> None:
        if len(point) != self.settings.dimensions:
            raise PointError(
                f"a point of {len(point)} numbers; allowed are {self.settings.dimensions}"
            )
        for value in point:
            if not (math.isfinite(value) and abs(value) <= MAX_VALUE):
                raise PointError(f"found {value}; allowed are numbers up to {MAX_VALUE:g}")


def _empty(settings: ForestSettings) -> RandomCutForest:
    options: Any = {
        "dimensions": settings.dimensions,
        "shingle_size": settings.shingle,
        "num_trees": settings.trees,
        "sample_size": settings.sample,
        "output_after": settings.sample,
        "lambda": 1 / settings.decay,
        "random_seed": settings.seed,
        "parallel_execution_enabled": False,
    }
    return RandomCutForest(options)


def _restored(stored: bytes) -> RandomCutForest:
    try:
        return RandomCutForest.from_msgpack(stored)
    except (RuntimeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise ForestError(f"{len(stored)} bytes are no stored forest: {reason}") from error


def _service_scale(sample: int) -> float:
    return math.log2(sample) / math.log2(sample + 1)
