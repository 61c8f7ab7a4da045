"""Plays the sessionization lab into a stream at a pace, and checks what the job made of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from catalog.operations import JOB_BATCHES
from localaws.clients import Clients
from localaws.demo import to_record
from localaws.display import Display
from localaws.errors import LocalCloudError
from localaws.lab.agreement import Agreement
from localaws.lab.report import LabReport
from localaws.lab.sessions import Event, LabOptions, free_users, make_events, start_for
from localaws.recordings import Recording
from localaws.replay import ReplayOptions, check_job, replay_recording
from localaws.sessions.rows import read_sessions
from localaws.sessions.settings import SessionSettings
from localaws.state import RunningCloud, StateFolder
from localaws.tables import scan
from localaws.workloads import SESSIONS

if TYPE_CHECKING:
    from localaws.sessions.report import SessionReport

DEFAULT_GAP = "10 seconds"


@dataclass(frozen=True)
class PlayOptions:
    """How the lab is played.

    Attributes:
        speed: seconds of event time a second.
        gap: None for the running cloud's, or the lab's in a cloud started for it.
        window_seconds: of a cloud started for it.
    """

    lab: LabOptions = field(default_factory=LabOptions)
    speed: float = 60.0
    gap: str | None = None
    window_seconds: int = 2


def run_lab(options: PlayOptions, state: StateFolder, display: Display) -> LabReport:
    """Play the lab through the cloud that runs, else through one started for it.

    Raises:
        LocalCloudError: a part failed, the events were not accounted for in time, or the running
            cloud is set for something else or would find the first of them late.
    """
    running = state.running()
    settings = _settings(options, running)
    events = _events(options, running)
    if running is not None:
        columns = ("job", "high_water_mark")
        mark = read_up_to(scan(Clients(running.endpoint), JOB_BATCHES.name, columns))
        check_start(events[0]["event_timestamp"], mark, settings)
    replay = ReplayOptions(options.speed, options.window_seconds, job=SESSIONS, sessions=settings)
    done = replay_recording(_recorded(events), replay, state, display)
    run = cast("SessionReport", done.follower.report(done.sent, done.left, ()))
    users = {event["user_id"] for event in events}
    rows = [row for row in run.rows if row["user_id"] in users]
    return LabReport(run, Agreement.of(events, rows, settings))


def _events(options: PlayOptions, running: RunningCloud | None) -> list[Event]:
    """The events, of users that the running cloud has no sessions of."""
    rows = read_sessions(Clients(running.endpoint)) if running else []
    users = free_users(options.lab.users, (row["user_id"] for row in rows))
    start = start_for(options.lab, round(time.time() * 1_000), options.speed)
    return make_events(options.lab, users, start)


def read_up_to(batches: Iterable[Mapping[str, Any]], job: str = SESSIONS) -> int | None:
    """The event time that the job has read its stream up to; None before the first."""
    marks = [batch.get("high_water_mark") for batch in batches if batch["job"] == job]
    return max((mark for mark in marks if mark is not None), default=None)


def check_start(start_ms: int, mark: int | None, settings: SessionSettings) -> None:
    """Raise if events of new users, from `start_ms` on, come late to a stream read up to `mark`.

    Raises:
        LocalCloudError: they do.
    """
    if mark is None or start_ms >= mark - settings.lateness_ms - settings.history_ms:
        return
    raise LocalCloudError(
        f"lab: its first event would be of {_iso(start_ms)}, but the running cloud has read up to"
        f" {_iso(mark)}, and an event of a user that it does not know is late there when it lies"
        f" more than lateness ({settings.lateness}) and history ({settings.history}) before that."
        " Fewer --events or a lower --speed let the lab start later; a cloud started by `up"
        ' --history "3 hours"` takes older events; or end that cloud, and the lab starts its own'
    )


def _iso(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _recorded(events: list[Event]) -> Recording:
    return Recording(
        records=tuple(to_record(event) for event in events),
        times=tuple(event["event_timestamp"] for event in events),
        unreadable=(),
    )


def _settings(options: PlayOptions, running: RunningCloud | None) -> SessionSettings:
    """The settings that the events are judged by: the running cloud's win."""
    if running is None:
        return SessionSettings(options.gap or DEFAULT_GAP, "lab")
    check_job(running, SESSIONS)
    deployed = SessionSettings.of(running.parameters)
    if deployed.mode == "closed":
        raise LocalCloudError(
            "lab: the running cloud's mode is closed, which never gives the last sessions;"
            " end it and leave the cloud to this command, or start it with --mode lab"
        )
    if options.gap and SessionSettings(options.gap).gap_ms != deployed.gap_ms:
        raise LocalCloudError(
            f"lab: --gap is {options.gap!r}, but the running cloud's is {deployed.gap!r}:"
            " leave --gap out, or end that cloud"
        )
    return deployed
