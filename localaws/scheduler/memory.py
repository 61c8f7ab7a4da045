"""What a scheduler remembers: up to when each timer has been fired, and whose ends it awaits."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from localaws.errors import LocalCloudError
from localaws.state import write_json

# The timeline of the machine's clock.
REAL = "real"


class Memory:
    """Up to when each timer has been fired, what followers have seen, and the runs whose ends they
    have not; kept in memory alone.

    Attributes:
        timeline: part of the ids of runs: the same timer at the same time is one run in it.
    """

    def __init__(self, timeline: str, kept: Mapping[str, Any] | None = None) -> None:
        self.timeline = timeline
        marks = (kept or {}).get("fired_to", {})
        self._marks = {name: datetime.fromisoformat(text) for name, text in marks.items()}
        self._seen: dict[str, dict[str, str]] = {
            name: dict(seen) for name, seen in (kept or {}).get("seen", {}).items()
        }
        self._awaited: set[str] = set((kept or {}).get("awaited", ()))

    def fired_to(self, timer: str) -> datetime | None:
        """The time up to which its firings are settled; None when it was never seen."""
        return self._marks.get(timer)

    def settle(self, timer: str, time: datetime) -> None:
        """Firings up to this time are done."""
        self._marks[timer] = time
        self.save()

    def forget(self, timer: str) -> None:
        """It must not fire now; what it misses meanwhile is nothing to catch up with."""
        if self._marks.pop(timer, None) is not None:
            self.save()

    def seen(self, follower: str) -> dict[str, str]:
        """How the latest run of each job ended, since the follower last fired."""
        return dict(self._seen.get(follower, {}))

    def see(self, run_id: str, seen: Mapping[str, Mapping[str, str]]) -> None:
        """The end of the run is dealt with, and followers have seen so much; all in one step."""
        self._seen |= {follower: dict(states) for follower, states in seen.items()}
        self._awaited.discard(run_id)
        self.save()

    @property
    def awaited(self) -> frozenset[str]:
        """The ids of runs that were to be started, and whose ends are not dealt with."""
        return frozenset(self._awaited)

    def wait_for(self, run_id: str) -> None:
        """The run is about to be started."""
        self._awaited.add(run_id)
        self.save()

    def save(self) -> None:
        """Nothing is kept beyond this process."""

    def to_json(self) -> dict[str, Any]:
        """What `kept` takes."""
        marks = {name: time.isoformat() for name, time in self._marks.items()}
        return {
            "timeline": self.timeline,
            "fired_to": marks,
            "seen": self._seen,
            "awaited": sorted(self._awaited),
        }


class KeptMemory(Memory):
    """A memory in a file, which the next scheduler goes on with."""

    def __init__(self, path: Path, timeline: str, kept: Mapping[str, Any] | None = None) -> None:
        super().__init__(timeline, kept)
        self._path = path

    @classmethod
    def open(cls, path: Path, timeline: str, *, anew: bool = False) -> KeptMemory:
        """The memory that the file has of this timeline; a new one if it has none, or for `anew`.

        Raises:
            LocalCloudError: the file is none of ours.
        """
        kept = _load(path)
        if kept is None or anew or not str(kept.get("timeline", "")).startswith(timeline):
            # Of its own, or the runs of the memory that is given up would count as started.
            return cls(path, f"{timeline} {uuid.uuid4().hex}")
        return cls(path, kept["timeline"], kept)

    def save(self) -> None:
        """Write the file in one step."""
        write_json(self._path, self.to_json())


class DriverMemory(Memory):
    """That of a cloud's own driver, which fires from its start on, and catches up with nothing.

    What it fires it puts down for the scheduler, and what a scheduler has fired it does not fire:
    the file is read each time, for a scheduler may have come and gone between two looks.

    Args:
        path: the file of the scheduler on the machine's clock.
        start: what was fired up to before it is the scheduler's to catch up with.
    """

    def __init__(self, path: Path, start: datetime) -> None:
        super().__init__("cloud")
        self._path = path
        self._start = start

    def fired_to(self, timer: str) -> datetime | None:
        """As `Memory`, of both."""
        own, kept = super().fired_to(timer), self._kept().fired_to(timer)
        if kept is None or kept < self._start:
            return own
        return kept if own is None else max(own, kept)

    def settle(self, timer: str, time: datetime) -> None:
        """As `Memory`, for both."""
        super().settle(timer, time)
        if time >= self._start:
            self._kept().settle(timer, time)

    def forget(self, timer: str) -> None:
        """As `Memory`, for both."""
        super().forget(timer)
        self._kept().forget(timer)

    def _kept(self) -> KeptMemory:
        return KeptMemory.open(self._path, REAL)


def _load(path: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise LocalCloudError(
            f"{path}: is no memory of a scheduler ({error}); remove it to begin a new one"
        ) from error
