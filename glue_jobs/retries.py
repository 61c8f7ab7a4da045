"""Pauses between the attempts of a call that may go well the next time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator


def backoff(
    attempts: int,
    first: float,
    longest: float,
    sleep: Callable[[float], None] = time.sleep,
    rng: random.Random | None = None,
) -> Iterator[int]:
    """Attempt numbers from 0, with a pause before each but the first: full jitter, doubling.

    The second attempt waits up to twice `first`, none more than `longest` (seconds).
    """
    rng = rng or random.Random()  # noqa: S311 - spreads retries, hides nothing
    for attempt in range(attempts):
        if attempt:
            sleep(rng.uniform(0, min(longest, first * 2**attempt)))
        yield attempt
