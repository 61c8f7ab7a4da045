"""What is new: scores that are higher than all of late."""

from __future__ import annotations

from collections import deque


class Novelty:
    """Whether a score is above every one of the last `reach`; with a reach of 0 each is new.

    An anomaly goes on for many points, and each of them scores high: the first is the news.
    """

    def __init__(self, reach: int) -> None:
        self._reach = reach
        self._at = 0
        # Falling from the highest of late; what a later one is as high as can never matter again.
        self._highest: deque[tuple[int, float]] = deque()

    def is_new(self, score: float) -> bool:
        """Take the next score in, and say whether it is above those before it."""
        self._at += 1
        kept = self._highest
        while kept and kept[0][0] < self._at - self._reach:
            kept.popleft()
        new = not kept or score > kept[0][1]
        while kept and kept[-1][1] <= score:
            kept.pop()
        kept.append((self._at, score))
        return new
