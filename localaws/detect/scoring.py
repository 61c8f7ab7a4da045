"""A series through a detector, value by value."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from transforms.detectors.series import SeriesDetector

_TELL_EVERY: Final = 4_096


@dataclass(frozen=True)
class Scored:
    """A score and an alert for each value; 0 and False where the value is NaN."""

    scores: list[float]
    alerts: list[bool]


def score(
    values: Sequence[float],
    detector: SeriesDetector,
    tell: Callable[[int], object] = lambda _: None,
) -> Scored:
    """Score the values in their order; `tell` hears now and then how many more are done."""
    scores, alerts = [0.0] * len(values), [False] * len(values)
    for row, value in enumerate(values):
        if not math.isnan(value):
            scores[row], alerts[row] = detector.observe(value)
        if row % _TELL_EVERY == _TELL_EVERY - 1:
            tell(_TELL_EVERY)
    return Scored(scores, alerts)
