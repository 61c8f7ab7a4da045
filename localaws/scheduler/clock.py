"""The clocks that a scheduler goes by."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time that schedules are fired by.

    Attributes:
        speed: seconds of it in one of the machine.
    """

    speed: float

    def now(self) -> datetime:
        """The time, UTC."""
        ...


class RealClock:
    """The machine's clock, which people may set."""

    speed = 1.0

    def now(self) -> datetime:
        """As `Clock`."""
        return datetime.now(UTC)


class FastClock:
    """Goes `speed` times as fast as the machine, from `start` on, and may be held.

    Args:
        seconds: the machine's seconds, which nobody sets.
    """

    def __init__(
        self, speed: float, start: datetime, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self.speed = speed
        self._start = start
        self._seconds = seconds
        self._begun = seconds()
        self._held_at: float | None = None

    def now(self) -> datetime:
        """As `Clock`."""
        at = self._seconds() if self._held_at is None else self._held_at
        return self._start + timedelta(seconds=(at - self._begun) * self.speed)

    @contextmanager
    def held(self) -> Iterator[None]:
        """The time stands still inside."""
        self._held_at = self._seconds()
        try:
            yield
        finally:
            self._begun += self._seconds() - self._held_at
            self._held_at = None
