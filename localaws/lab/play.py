"""Plays the sessionization lab into a stream at a pace, and checks what the job made of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from localaws.clients import Clients
from localaws.demo import to_record
from localaws.display import Display
from localaws.errors import LocalCloudError
from localaws.lab.agreement import Agreement
from localaws.lab.report import LabReport
from localaws.lab.sessions import Event, LabOptions, free_users, make_events, start_for
from localaws.recordings import Recording
from localaws.replay import ReplayOptions, check_job, replay_recording
from localaws.sessions.report import SessionReport
from localaws.sessions.rows import read_sessions
from localaws.sessions.settings import SessionSettings
from localaws.state import RunningCloud, StateFolder
from localaws.workloads import SESSIONS

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
            cloud is set for something else.
    """
    running = state.running()
    settings = _settings(options, running)
    events = _events(options, running)
    replay = ReplayOptions(options.speed, options.window_seconds, job=SESSIONS, sessions=settings)
    done = replay_recording(_recorded(events), replay, state, display)
    run = done.follower.report(done.sent, done.left, ())
    assert isinstance(run, SessionReport)  # noqa: S101 - the follower of this job
    users = {event["user_id"] for event in events}
    rows = [row for row in run.rows if row["user_id"] in users]
    return LabReport(run, Agreement.of(events, rows, settings))


def _events(options: PlayOptions, running: RunningCloud | None) -> list[Event]:
    """The events, of users that the running cloud has no sessions of."""
    rows = read_sessions(Clients(running.endpoint)) if running else []
    users = free_users(options.lab.users, (row["user_id"] for row in rows))
    start = start_for(options.lab, round(time.time() * 1_000), options.speed)
    return make_events(options.lab, users, start)


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
