"""The score of the Numenta Anomaly Benchmark: alerts against labelled windows, all series at once.

A window counts once, by its first alert: 1 at its first row, falling along a sigmoid to 0 past its
last one. An alert outside of all windows costs a weight, little just after a window and in full
far from one. A window without an alert costs a weight. Nothing is counted in the first rows of a
series, the probationary period. The sum is put on a scale where 0 is no alert at all, and 100 an
alert on the first row of every window.

Source: Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms - the Numenta Anomaly
Benchmark", ICMLA 2015.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Rows = tuple[int, int]  # first and last row of a window
Floats = NDArray[np.float64]

PROBATION_SHARE: Final = 0.15
PROBATION_ROWS: Final = 750
# Distances of more than three windows past one count as far from all.
_FAR: Final = 3.0
_STEEPNESS: Final = 5.0


@dataclass(frozen=True)
class Weights:
    """What a false alert and a missed window cost, in found windows."""

    false_alert: float
    miss: float


PROFILES: Final[Mapping[str, Weights]] = {
    "standard": Weights(false_alert=0.11, miss=1.0),
    "reward_low_FP": Weights(false_alert=0.22, miss=1.0),
    "reward_low_FN": Weights(false_alert=0.11, miss=2.0),
}


@dataclass(frozen=True)
class Labelled:
    """A series' rows as the benchmark counts them.

    Attributes:
        worth: of an alert on a row: 0 to 1 within a window, else -1 to 0, before weights.
        counts: False in the probationary period.
        windows: those with a row that counts, without their rows that do not.
    """

    worth: Floats
    counts: NDArray[np.bool_]
    windows: tuple[Rows, ...]


@dataclass(frozen=True)
class Tally:
    """What came of the alerts: windows found, windows in all, alerts outside of windows."""

    found: int
    windows: int
    false_alerts: int


def probation(rows: int) -> int:
    """Rows at the beginning of a series that do not count."""
    return min(int(PROBATION_SHARE * rows), PROBATION_ROWS)


def labelled(rows: int, windows: Sequence[Rows]) -> Labelled:
    """A series with its windows, which are in order and do not overlap."""
    worth = np.full(rows, -1.0)
    for (first, last), (end, _) in itertools.pairwise([*windows, (rows, rows)]):
        width = last - first + 1
        worth[first : last + 1] = _sigmoid(-np.arange(width, 0, -1) / width) / _sigmoid(-1.0)
        past = np.arange(1, end - last) / max(1, width - 1)
        worth[last + 1 : end] = np.where(past > _FAR, -1.0, _sigmoid(past))
    counts = np.arange(rows) >= probation(rows)
    kept = tuple((max(first, probation(rows)), last) for first, last in windows if counts[last])
    return Labelled(worth, counts, kept)


def tally(series: Sequence[Labelled], alerts: Sequence[NDArray[np.bool_]]) -> Tally:
    """Windows found and false alerts."""
    found = [
        bool(raised[first : last + 1].any())
        for one, raised in zip(series, alerts, strict=True)
        for first, last in one.windows
    ]
    false = [
        int((raised & one.counts & (one.worth < 0)).sum())
        for one, raised in zip(series, alerts, strict=True)
    ]
    return Tally(sum(found), len(found), sum(false))


def score(
    series: Sequence[Labelled], alerts: Sequence[NDArray[np.bool_]], weights: Weights
) -> float | None:
    """The score of the alerts; None without a window that counts."""
    gained = [
        _gain(one, raised, weights) for one, raised in zip(series, alerts, strict=True)
    ]  # fmt: skip
    return _scaled(series, sum(gained), weights)


def best(
    series: Sequence[Labelled], scores: Sequence[Floats], weights: Weights
) -> tuple[float, float] | None:
    """The highest score that one threshold for all gives, and that threshold.

    An alert is a score of at least the threshold. It is chosen with the labels, as the benchmark's
    own table does for every detector, so it says less of data not seen than `score` does.
    """
    parts = [_steps(one, found, weights) for one, found in zip(series, scores, strict=True)]
    levels = np.concatenate([[np.inf], *(part[0] for part in parts)])
    gains = np.concatenate([[0.0], *(part[1] for part in parts)])
    order = np.argsort(-levels, kind="stable")
    levels, totals = levels[order], np.cumsum(gains[order])
    last_of_level = np.append(levels[1:] != levels[:-1], True)
    levels, totals = levels[last_of_level], totals[last_of_level]
    at = int(np.argmax(totals))
    reached = _scaled(series, float(totals[at]) - _missed(series, weights), weights)
    return None if reached is None else (reached, float(levels[at]))


def _sigmoid(distance: Floats | float) -> Floats:
    """1 far within, 0 at the last row of a window, -1 far past it."""
    return np.asarray(2 / (1 + np.exp(_STEEPNESS * np.asarray(distance))) - 1)


def _gain(one: Labelled, raised: NDArray[np.bool_], weights: Weights) -> float:
    outside = raised & one.counts & (one.worth < 0)
    total = weights.false_alert * float(one.worth[outside].sum())
    for first, last in one.windows:
        hits = np.flatnonzero(raised[first : last + 1])
        total += float(one.worth[first + hits[0]]) if hits.size else -weights.miss
    return total


def _steps(one: Labelled, scores: Floats, weights: Weights) -> tuple[Floats, Floats]:
    """Levels of a threshold, and what the sum gains when it falls to each of them."""
    outside = one.counts & (one.worth < 0)
    levels, gains = [scores[outside]], [weights.false_alert * one.worth[outside]]
    for first, last in one.windows:
        here = slice(first, last + 1)
        order = np.argsort(-scores[here], kind="stable")
        earliest = np.maximum.accumulate(one.worth[here][order])
        levels.append(scores[here][order])
        gains.append(np.diff(earliest, prepend=-weights.miss))
    return np.concatenate(levels), np.concatenate(gains)


def _missed(series: Sequence[Labelled], weights: Weights) -> float:
    return weights.miss * sum(len(one.windows) for one in series)


def _scaled(series: Sequence[Labelled], total: float, weights: Weights) -> float | None:
    windows = sum(len(one.windows) for one in series)
    nothing = _missed(series, weights)
    return 100 * (total + nothing) / (windows + nothing) if windows else None
