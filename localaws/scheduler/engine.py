"""Fires what is due: which timers, for which times, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from localaws.runs.record import RunRecord
from localaws.scheduler.due import CatchUp, decide
from localaws.scheduler.memory import Memory
from localaws.scheduler.timers import Follower, Invoke, StartJob, Timer, Timetable

# A firing is on time for so long, in the machine's time; AWS fires within a minute.
GRACE = timedelta(minutes=1)
# What was missed longer ago is not caught up with.
HORIZON = timedelta(days=7)


@dataclass(frozen=True)
class Told:
    """Something that the scheduler did or left undone.

    Attributes:
        at: the scheduler's time.
        name: of the trigger or schedule.
        what: started, invoked, refused, repeated, skipped, failed, ended, set back, not fired.
    """

    at: datetime
    name: str
    what: str
    detail: str


class Actor(Protocol):
    """Does what timers ask for."""

    def busy(self, action: StartJob | Invoke) -> bool:
        """Whether it would be refused now because as many runs go on as may."""
        ...

    def act(
        self, action: StartJob | Invoke, name: str, key: str, scheduled: datetime
    ) -> tuple[str, str]:
        """Do it, once for one `key`; what was done and with what, as `Told` has it."""
        ...


class Scheduler:
    """Goes through the firings in the order of their times.

    Args:
        start: when its clock began; a firing at that very time is one that it fires.
        grace: how late a firing may be, and was not missed.
    """

    def __init__(
        self,
        memory: Memory,
        actor: Actor,
        start: datetime,
        tell: Callable[[Told], None],
        catch_up: CatchUp = "once",
        grace: timedelta = GRACE,
    ) -> None:
        self._memory = memory
        self._actor = actor
        self._start = start
        self._looked: datetime | None = None
        self._tell = tell
        self._catch_up = catch_up
        self._grace = grace
        self._told: set[str] = set()

    def tick(self, now: datetime, table: Timetable) -> bool:
        """Fire what is due; False when something due waits for the run of a job to end.

        A clock that was set back fires nothing until it is where it was.
        """
        for name in table.inactive:
            self._memory.forget(name)
        for problem in table.problems:
            self._tell_once(now, problem)
        due = [(time, timer) for timer in table.timers for time in self._due(timer, now)]
        self._looked = now
        waiting: set[str] = set()
        for time, timer in sorted(due, key=lambda pair: (pair[0], pair[1].name)):
            late = time < self._on_time_from(now)
            if timer.name in waiting or (late and any(map(self._actor.busy, timer.actions))):
                waiting.add(timer.name)
            else:
                self._fire(timer.name, timer.actions, time.isoformat(), now, time)
                self._memory.settle(timer.name, time)
        return not waiting

    def next_firing(self, now: datetime, timers: Iterable[Timer]) -> datetime | None:
        """When the next firing comes; None when there is none to come."""
        found = [time for timer in timers if (time := timer.expression.after(now)) is not None]
        return min(found, default=None)

    def ended(self, record: RunRecord, now: datetime, followers: Iterable[Follower]) -> None:
        """Fire what follows the run, if a trigger started it: a run of people starts nothing.

        What is fired is put down afterwards, with the run's end: a scheduler that is killed before
        goes through it again, and fires the same runs.
        """
        self._tell(Told(now, f"job {record.job}", "ended", _ending(record)))
        if record.trigger is None:
            return
        changes: dict[str, Mapping[str, str]] = {}
        for follower in followers:
            watched = {condition.job for condition in follower.conditions}
            if record.job not in watched:
                continue
            seen = self._memory.seen(follower.name) | {record.job: record.state}
            met = [seen.get(condition.job) == condition.state for condition in follower.conditions]
            fires = all(met) if follower.logical == "AND" else any(met)
            changes[follower.name] = {} if fires else seen
            if fires:
                self._fire(follower.name, follower.actions, record.run_id, now, now)
        self._memory.see(record.run_id, changes)

    def _due(self, timer: Timer, now: datetime) -> tuple[datetime, ...]:
        """The firings to fire; those that are skipped are settled."""
        mark = self._memory.fired_to(timer.name)
        if mark is None:
            mark = self._first_mark(now)
            self._memory.settle(timer.name, mark)
        if mark > now + GRACE:
            fired_to = f"fired up to {mark.isoformat()} before; nothing until the clock is there"
            self._tell_once(now, fired_to, timer.name)
        since = self._within(timer, mark, now)
        due = list(timer.firings(since, now))
        decision = decide(due, self._on_time_from(now), self._catch_up)
        if decision.skip:
            first, last = decision.skip[0], decision.skip[-1]
            detail = f"{len(decision.skip)} missed, from {first.isoformat()} to {last.isoformat()}"
            self._tell(Told(now, timer.name, "skipped", detail))
            self._memory.settle(timer.name, last)
        return decision.fire

    def _on_time_from(self, now: datetime) -> datetime:
        # What was due before the start was missed, however long the grace of a fast clock is.
        return max(now - self._grace, self._start - GRACE)

    def _first_mark(self, now: datetime) -> datetime:
        """From when on a timer fires that is seen for the first time."""
        if self._looked is None:
            return self._start - timedelta.resolution
        # It came since the last look: what it had to do since then is late by that alone.
        return max(self._looked, self._on_time_from(now))

    def _within(self, timer: Timer, mark: datetime, now: datetime) -> datetime:
        since = now - max(HORIZON, self._grace)
        if mark >= since or next(timer.firings(mark, since), None) is None:
            return max(mark, since)
        detail = f"what was missed before {since.isoformat()} is too old to be caught up with"
        self._tell(Told(now, timer.name, "skipped", detail))
        self._memory.settle(timer.name, since)
        return since

    def _fire(
        self,
        name: str,
        actions: Iterable[StartJob | Invoke],
        key: str,
        now: datetime,
        scheduled: datetime,
    ) -> None:
        for number, action in enumerate(actions):
            what, detail = self._actor.act(action, name, f"{key} {number}", scheduled)
            self._tell(Told(now, name, what, detail))

    def _tell_once(self, now: datetime, text: str, name: str = "") -> None:
        known = name or text
        if known not in self._told:
            self._told.add(known)
            where, _, detail = text.partition(": ") if not name else (name, "", text)
            self._tell(Told(now, where, "set back" if name else "not fired", detail))


def _ending(record: RunRecord) -> str:
    error = f": {record.error}" if record.error else ""
    return f"{record.run_id}: {record.state}{error}"
