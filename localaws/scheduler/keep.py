"""Keeps a scheduler going in the running cloud, until it is to end."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from localaws.errors import LocalCloudError
from localaws.runs.events import publish
from localaws.runs.record import RunRecord
from localaws.runs.runner import Runner
from localaws.scheduler.actor import CloudActor
from localaws.scheduler.clock import Clock, FastClock, RealClock
from localaws.scheduler.due import CatchUp
from localaws.scheduler.engine import GRACE, Scheduler, Told
from localaws.scheduler.lock import lock
from localaws.scheduler.memory import REAL, KeptMemory, Memory
from localaws.scheduler.timers import Follower, Timetable, activate, read_timetable
from localaws.state import StateFolder

_LOOK_SECONDS = 1.0
_SHORTEST_SECONDS = 0.02


@dataclass(frozen=True)
class Plan:
    """How to go about it.

    Attributes:
        start: when the clock begins.
        speed: of a fast clock; None: the machine's own.
        until: when to end; None: never.
        runs_take_time: False: a fast clock stands still while a run goes on.
        anew: forget what was fired before.
        only: names of the triggers and schedules to fire; of none, all.
        activate: triggers that are activated first.
    """

    start: datetime
    speed: float | None = None
    until: datetime | None = None
    catch_up: CatchUp = "once"
    runs_take_time: bool = True
    anew: bool = False
    only: Collection[str] = ()
    activate: Collection[str] = ()


class Keeper:
    """One scheduler of a state folder, from its start to its end."""

    def __init__(self, state: StateFolder, plan: Plan, tell: Callable[[Told], None]) -> None:
        self._state = state
        self._plan = plan
        self._tell = tell
        self._cloud = state.expect_running()
        self._clock: Clock = RealClock()
        self._ended: queue.SimpleQueue[RunRecord] = queue.SimpleQueue()
        self._pause = threading.Event()
        self._runner = Runner(state, self._ended.put)

    def keep(self) -> None:
        """Fire until the plan's end; then the runs that go on are waited for.

        Raises:
            LocalCloudError: another scheduler fires, a trigger cannot be fired, or the cloud ended.
        """
        with lock(self._state.scheduler_lock):
            try:
                with self._runner:
                    self._table = self._first_table()
                    memory = self._memory()
                    self._engine = self._scheduler(memory)
                    self._settle(memory)
                    self._go_on()
            except (BotoCoreError, ClientError) as error:
                raise LocalCloudError(f"the cloud does not answer: {error}") from error
            finally:
                # A run that was stopped just now starts nothing any more.
                self._take_ends(self._clock.now(), ())

    def _settle(self, memory: Memory) -> None:
        abandoned = self._runner.store.settle()
        for record in abandoned:
            publish(self._runner.clients, record)
        for record in ends_to_deal_with(memory, abandoned, self._runner.store.records()):
            self._ended.put(record)

    def _first_table(self) -> Timetable:
        for trigger in self._plan.activate:
            activate(self._runner.clients, trigger)
        self._read_at = time.monotonic()
        table = read_timetable(self._runner.clients)
        if table.problems:
            raise LocalCloudError("; ".join(table.problems))
        table.expect(self._plan.only)
        return self._picked(table)

    def _read_table(self) -> Timetable:
        self._read_at = time.monotonic()
        return self._picked(read_timetable(self._runner.clients))

    def _picked(self, table: Timetable) -> Timetable:
        return table.only(self._plan.only) if self._plan.only else table

    def _memory(self) -> KeptMemory:
        fast = self._plan.speed is not None
        # What a fast clock has fired is of no meaning in another cloud, whose tables are empty.
        timeline = f"fast {self._cloud.run_id}" if fast else REAL
        path = self._state.path / "schedules-fast.json" if fast else self._state.schedules_file
        return KeptMemory.open(path, timeline, anew=self._plan.anew)

    def _scheduler(self, memory: Memory) -> Scheduler:
        self._at = self._plan.start - timedelta.resolution
        if self._plan.speed is not None:
            self._clock = FastClock(self._plan.speed, self._plan.start)
        return Scheduler(
            memory,
            CloudActor(self._runner, memory),
            self._plan.start,
            self._tell,
            self._plan.catch_up,
            GRACE * self._clock.speed,
        )

    def _go_on(self) -> None:
        until, clock = self._plan.until, self._clock
        over = False
        while not over:
            self._at = self._next_time()
            settled = self._step(self._at)
            over = until is not None and self._at >= until and settled and self._rest(self._at)
            if not over and self._at >= clock.now() - timedelta(seconds=clock.speed):
                self._pause.wait(self._until_next())
            self._runner.check_cloud()
            if time.monotonic() - self._read_at > _LOOK_SECONDS:
                self._table = self._read_table()

    def _next_time(self) -> datetime:
        """Now; of a clock that waits for runs, the next firing when that is past."""
        now = self._clock.now()
        times = [now] if self._plan.until is None else [now, self._plan.until]
        if not self._plan.runs_take_time:
            coming = self._engine.next_firing(self._at, self._table.timers)
            times += [coming] if coming is not None else []
        return min(times)

    def _step(self, now: datetime) -> bool:
        """Fire what is due; whether nothing of it waits."""
        clock = self._clock
        self._take_ends(now, self._table.followers)
        if self._plan.runs_take_time or not isinstance(clock, FastClock):
            return self._engine.tick(now, self._table)
        with clock.held():
            settled = self._engine.tick(now, self._table)
            while not self._rest(now):
                pass
        return settled

    def _rest(self, now: datetime) -> bool:
        """Wait for the runs that go on; whether none has started another."""
        self._runner.wait()
        self._take_ends(now, self._table.followers)
        return not self._runner.active

    def _take_ends(self, now: datetime, followers: Iterable[Follower]) -> None:
        while not self._ended.empty():
            self._engine.ended(self._ended.get(), now, followers)

    def _until_next(self) -> float:
        """The machine's seconds to the next firing, or a look at the cloud before it."""
        coming = self._engine.next_firing(self._at, self._table.timers)
        ends = [time for time in (coming, self._plan.until) if time is not None]
        seconds = (min(ends) - self._at).total_seconds() / self._clock.speed if ends else 1.0
        return max(_SHORTEST_SECONDS, min(seconds, _LOOK_SECONDS))


def ends_to_deal_with(
    memory: Memory, abandoned: Iterable[RunRecord], records: Iterable[RunRecord]
) -> list[RunRecord]:
    """The runs whose ends a new scheduler begins with, in the order of their ends.

    Those that were found abandoned, and those that the last one started, and was killed before it
    dealt with their ends. What it did not come to start, or was forgotten, is awaited no more.
    """
    by_id = {record.run_id: record for record in records}
    for run_id in memory.awaited - by_id.keys():
        memory.see(run_id, {})
    found = {record.run_id: record for record in abandoned}
    found |= {run_id: by_id[run_id] for run_id in memory.awaited if by_id[run_id].ended}
    return sorted(found.values(), key=lambda record: record.ended_at or record.started_at)
