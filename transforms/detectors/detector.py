"""What a detector of click-through rates is: closed windows of one site in, verdicts out.

To add one: a class with the methods of `Detector`, and a line in `profiles.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

WINDOW_MS = 10_000
MAX_COUNT = 2**53  # whole numbers above it are not exact as floats

Side = Literal["clicks", "impressions"]
Direction = Literal["up", "down"]


class WindowError(ValueError):
    """Raised when a window is none, or does not follow those before; the detector is unchanged."""


class Window(NamedTuple):
    """The counts of a closed window of 10 s. A window without any action is not there at all."""

    start: int  # epoch milliseconds, a multiple of WINDOW_MS
    clicks: int
    impressions: int

    @property
    def ctr_percent(self) -> float | None:
        """Clicks / impressions x 100; None unless there were both."""
        both = self.clicks > 0 and self.impressions > 0
        return self.clicks / self.impressions * 100 if both else None


def check(window: Window, last_start: int | None) -> None:
    """Refuse a window that no detector can judge; `last_start` is that of the one before it.

    Raises:
        WindowError: a count is negative or above 2**53, both are zero, or the start is no multiple
            of 10 s or not after that of the window before.
    """
    start, clicks, impressions = window
    if not (0 <= clicks <= MAX_COUNT and 0 <= impressions <= MAX_COUNT):
        raise WindowError(f"{window}: allowed are counts from 0 to 2**53")
    if not clicks + impressions:
        raise WindowError(f"{window}: a window without any action is not to be judged")
    if start % WINDOW_MS:
        raise WindowError(f"{window}: allowed are starts that are multiples of {WINDOW_MS} ms")
    if last_start is not None and start <= last_start:
        raise WindowError(f"{window}: is not after the window that starts at {last_start}")


@dataclass(frozen=True)
class Verdict:
    """What a detector says of a window; None where it says nothing.

    The fields are the columns of `catalog.ctr.WINDOW_ROW` with the same names.
    """

    is_anomaly: bool = False
    severity: float = 0.0  # the higher, the worse; 0 of a window that is no anomaly
    anomaly_score: float | None = None
    score_share: float | None = None
    attribution_high: float | None = None
    attribution_low: float | None = None
    expected_percent: float | None = None
    expected_low_percent: float | None = None
    expected_high_percent: float | None = None
    evidence: float | None = None
    evidence_seconds: int | None = None
    side: Side | None = None
    direction: Direction | None = None


class Detector(Protocol):
    """Judges the windows of one site, each once and in their order.

    It must be a pure function of its settings and the windows so far: to store it by `to_bytes` and
    make it again from them, anywhere in between, changes no verdict, to the last bit. A verdict
    without `evidence` says that the window could not be judged: by it no alarm ends as usual.
    """

    def observe(self, window: Window) -> Verdict:
        """The verdict on the next window; windows between the last one and this had no action."""
        ...

    def to_bytes(self) -> bytes:
        """All that the next verdicts depend on."""
        ...
