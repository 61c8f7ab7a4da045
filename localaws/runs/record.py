"""What is remembered of a run of a job, in the words of Glue's JobRun."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal

from localaws.jobs import RunState
from localaws.state import is_alive, own_start

ENDED: frozenset[str] = frozenset({"STOPPED", "SUCCEEDED", "FAILED", "TIMEOUT"})
State = Literal["STARTING", "STOPPING"] | RunState


def now_text() -> str:
    """The time as history and messages have it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_run_id() -> str:
    """An id as Glue gives them: `jr_` and 64 hexadecimal digits."""
    return f"jr_{uuid.uuid4().hex}{uuid.uuid4().hex}"


def run_id_of(*parts: str) -> str:
    """The id that the same parts always have: what is asked for twice is one run."""
    return f"jr_{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()}"


@dataclass(frozen=True)
class RunRecord:
    """One run of a job, its retries included.

    Attributes:
        arguments: those of the run, not the job's own.
        version: of the definition that it was started with.
        trigger: what started it; None when a person did, or `clickstream up`.
        scheduled_for: the time that the trigger fired for, ISO 8601.
        attempt: retries so far; the script's JOB_RUN_ID is `<run_id>_attempt_<attempt>` then.
        error: one line; None unless it failed or took too long.
        log: of the latest attempt; "" before the first has started.
        owner: process id of the process that watches the run.
        owner_created: when that process was started, as `localaws.state.start_of` has it.
        mark: of the run's processes, by which they are found when the owner is gone.
    """

    run_id: str
    job: str
    mark: str
    state: State = "STARTING"
    arguments: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    trigger: str | None = None
    scheduled_for: str | None = None
    attempt: int = 0
    started_at: str = field(default_factory=now_text)
    ended_at: str | None = None
    error: str | None = None
    log: str = ""
    owner: int = field(default_factory=os.getpid)
    owner_created: str = field(default_factory=own_start)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> RunRecord:
        """Read what `dataclasses.asdict` gave; keys of another version are left out."""
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in found.items() if name in known})

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDED

    @property
    def orphaned(self) -> bool:
        """Whether it has not ended, and nobody watches it any more."""
        return not self.ended and not is_alive(self.owner, self.owner_created)

    @property
    def seconds(self) -> float:
        """How long it took, or takes so far."""
        end = datetime.fromisoformat(self.ended_at) if self.ended_at else datetime.now(UTC)
        return max(0.0, (end - datetime.fromisoformat(self.started_at)).total_seconds())

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints of it."""
        names = (
            *("run_id", "job", "state", "attempt", "started_at", "ended_at"),
            *("trigger", "scheduled_for", "error", "log"),
        )
        shown = {name: getattr(self, name) for name in names}
        return shown | {"seconds": round(self.seconds, 1), "arguments": dict(self.arguments)}
