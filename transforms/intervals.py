"""Intervals of event time: where the events that a batch may hold again can be."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from transforms.rules import DAY_MS

_STEP_MS: Final = 600_000


@dataclass(frozen=True, order=True)
class Interval:
    """Instants from `start` to `end`, both in it; epoch milliseconds."""

    start: int
    end: int

    @property
    def days(self) -> tuple[int, int]:
        """The first and the last day that it touches, UTC, days since 1970-01-01."""
        return self.start // DAY_MS, self.end // DAY_MS


def covering(ranges: Iterable[tuple[int, int]], margin: int, at_most: int) -> list[Interval]:
    """The intervals that hold each range and `margin` ms on both its sides, in their order.

    Those that meet are one. Of more than `at_most`, the nearest are joined over the gap between.
    They begin and end at whole steps of ten minutes: Spark compiles a predicate's numbers into its
    code, and batches whose intervals are the same run the same code.
    """
    merged: list[Interval] = []
    for start, end in sorted(ranges):
        first, last = start - margin, end + margin
        wide = Interval(first - first % _STEP_MS, last - last % _STEP_MS + _STEP_MS - 1)
        if merged and wide.start <= merged[-1].end + 1:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, wide.end))
        else:
            merged.append(wide)
    return _joined(merged, at_most)


def _joined(intervals: list[Interval], at_most: int) -> list[Interval]:
    """At most so many intervals: the widest gaps stay."""
    gaps = range(1, len(intervals))
    widest = sorted(gaps, key=lambda i: intervals[i].start - intervals[i - 1].end, reverse=True)
    cuts = [0, *sorted(widest[: at_most - 1]), len(intervals)]
    return [
        Interval(intervals[first].start, intervals[after - 1].end)
        for first, after in itertools.pairwise(cuts)
        if first < after
    ]
