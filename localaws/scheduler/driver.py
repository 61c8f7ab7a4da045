"""Fires the schedules of a cloud on the machine's clock, unless a scheduler does.

Schedules invoke functions, which a cloud needs as soon as it is up; Glue's triggers start jobs, and
wait for `clickstream scheduler`.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from localaws.clients import Clients
from localaws.errors import LocalCloudError
from localaws.scheduler.actor import invoke
from localaws.scheduler.clock import RealClock
from localaws.scheduler.engine import Scheduler, Told
from localaws.scheduler.lock import try_lock
from localaws.scheduler.memory import DriverMemory
from localaws.scheduler.timers import Invoke, StartJob, read_schedules

_LOGGER = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
_JOIN_SECONDS = 10.0


class FunctionActor:
    """Invokes functions."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def busy(self, _: StartJob | Invoke) -> bool:
        """As `Actor`: an invocation waits for none."""
        return False

    def act(
        self, action: StartJob | Invoke, name: str, key: str, scheduled: datetime
    ) -> tuple[str, str]:
        """As `Actor`."""
        if isinstance(action, StartJob):
            return "refused", f"job {action.job}: `clickstream scheduler` starts jobs"
        return invoke(self._clients, action, f"{name} {key}", scheduled)


class ScheduleDriver:
    """A thread that fires them.

    Args:
        lock_file: locked by whoever fires.
        memory_file: where a scheduler, too, puts down what was fired.
    """

    def __init__(self, clients: Clients, lock_file: Path, memory_file: Path) -> None:
        self._clients = clients
        self._lock_file = lock_file
        self._memory_file = memory_file
        self._clock = RealClock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; what was due before is not fired."""
        self._thread = threading.Thread(target=self._drive, name="schedules", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Fire nothing more; nothing was started: nothing to do."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)

    def _drive(self) -> None:
        scheduler = self._scheduler()
        while not self._stop.wait(_LOOK_SECONDS):
            with try_lock(self._lock_file) as ours:
                if not ours:
                    # What the other has fired meanwhile is not fired again.
                    scheduler = self._scheduler()
                    continue
                try:
                    scheduler.tick(self._clock.now(), read_schedules(self._clients))
                except (BotoCoreError, ClientError, LocalCloudError, OSError) as error:
                    _LOGGER.warning("schedules: %s; trying again", error)

    def _scheduler(self) -> Scheduler:
        now = self._clock.now()
        memory = DriverMemory(self._memory_file, now)
        return Scheduler(memory, FunctionActor(self._clients), now, _log, catch_up="skip")


def _log(told: Told) -> None:
    level = logging.DEBUG if told.what == "invoked" else logging.WARNING
    _LOGGER.log(level, "%s: %s: %s", told.name, told.what, told.detail)
