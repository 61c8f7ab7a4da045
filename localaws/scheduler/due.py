"""What becomes of the firings that are due: a pure decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

CatchUp = Literal["skip", "once", "all"]


@dataclass(frozen=True)
class Decision:
    """Firings to skip, and those to fire after them, each in their order."""

    skip: tuple[datetime, ...]
    fire: tuple[datetime, ...]


def decide(due: Sequence[datetime], on_time_from: datetime, catch_up: CatchUp) -> Decision:
    """Divide the firings that are due, in their order.

    Those before `on_time_from` were missed: the scheduler was off, or the machine slept. Of missed
    ones `skip` fires none, `all` each, and `once` the last, for all of them, unless a firing that
    is on time stands for them.
    """
    missed = [time for time in due if time < on_time_from]
    on_time = due[len(missed) :]
    if catch_up == "all":
        return Decision((), tuple(due))
    if catch_up == "once" and missed and not on_time:
        return Decision(tuple(missed[:-1]), tuple(missed[-1:]))
    return Decision(tuple(missed), tuple(on_time))
