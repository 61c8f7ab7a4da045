"""The last windows of a site, and their counts added up by scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from transforms.detectors.detector import WINDOW_MS, Window

SCALES: Final = 3  # 10, 20 and 30 s
KEPT: Final = SCALES - 1  # windows before the newest that a scale can add to it


class Seen(NamedTuple):
    """A window that was judged, and its evidence."""

    start: int
    clicks: int
    impressions: int
    evidence: float


class Pool(NamedTuple):
    """The counts of windows added up."""

    windows: int
    clicks: int
    impressions: int


def near(seen: Sequence[Seen], start: int) -> list[Seen]:
    """Those of the windows that a scale of a window that starts then reaches back to."""
    return [one for one in seen if start - one.start < SCALES * WINDOW_MS]


def pools(window: Window, earlier: Sequence[Seen]) -> list[Pool]:
    """Those of 10, 20 and 30 s up to the window's end; windows that are not there add nothing."""
    start, clicks, impressions = window
    found = [Pool(1, clicks, impressions)] * SCALES
    for windows, seen in enumerate(reversed(earlier), start=2):
        clicks += seen.clicks
        impressions += seen.impressions
        back = (start - seen.start) // WINDOW_MS
        found[back:] = [Pool(windows, clicks, impressions)] * (SCALES - back)
    return found
