"""A clock that a test sets, and an actor that keeps what it is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from localaws.scheduler.due import CatchUp
from localaws.scheduler.engine import Scheduler, Told
from localaws.scheduler.expressions import parse
from localaws.scheduler.memory import Memory
from localaws.scheduler.timers import Invoke, StartJob, Timer, Timetable

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """The time so long after the start."""
    return START + timedelta(minutes=minutes)


def timer(text: str = "cron(0/10 * * * ? *)", name: str = "trigger t", **changes: Any) -> Timer:
    """A timer that starts the job `j`, and what differs."""
    return Timer(
        **{"actions": (StartJob("j"),), **changes}, name=name, expression=parse(text, name, START)
    )


class FakeActor:
    """Does nothing; `fired` has the times that it was asked for, `keys` those that were new."""

    def __init__(self) -> None:
        self.fired: list[datetime] = []
        self.names: list[str] = []
        self.keys: set[str] = set()
        self.is_busy = False

    def busy(self, _: StartJob | Invoke) -> bool:
        return self.is_busy

    def act(
        self, action: StartJob | Invoke, name: str, key: str, scheduled: datetime
    ) -> tuple[str, str]:
        self.fired.append(scheduled)
        self.names.append(name)
        if (repeated := f"{name} {key}") in self.keys:
            return "repeated", key
        self.keys.add(repeated)
        return "started", key


class Bench:
    """A scheduler on a clock that the test sets; `restart` is a new process with the old memory."""

    def __init__(self, catch_up: CatchUp = "once", *timers: Timer) -> None:
        self.table = Timetable(timers or (timer(),))
        self.actor = FakeActor()
        self.told: list[Told] = []
        self.memory = Memory("test")
        self._catch_up: CatchUp = catch_up
        self.restart(START)

    def restart(self, now: datetime) -> None:
        self.memory = Memory("test", self.memory.to_json())
        self.scheduler = Scheduler(self.memory, self.actor, now, self.told.append, self._catch_up)

    def tick(self, minutes: float) -> bool:
        return self.scheduler.tick(at(minutes), self.table)

    @property
    def fired(self) -> list[float]:
        """Minutes after the start, in the order of firing."""
        return [(time - START).total_seconds() / 60 for time in self.actor.fired]

    def what(self) -> list[tuple[str, str]]:
        return [(one.name, one.what) for one in self.told]
