"""Replays recorded events through a job, and waits until every one is accounted for.

Events go out in the order of their times. As fast as possible, a cloud of its own gets them all
before its job starts, so that the job's batches are the same each time.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import cast

from localaws.archive import ArchiveFollower, ArchiveSettings
from localaws.clients import Clients
from localaws.cloud import Cloud, CloudOptions
from localaws.ctr.follower import CtrFollower
from localaws.ctr.settings import CtrSettings
from localaws.display import Display
from localaws.errors import LocalCloudError
from localaws.recordings import Recording
from localaws.run import Follower, RunFollower, RunReport
from localaws.sending import RECORDS_A_CALL, Sender
from localaws.sessions.follower import SessionFollower
from localaws.sessions.settings import SessionSettings
from localaws.state import HOME_VARIABLE, RunningCloud, StateFolder
from localaws.workloads import ARCHIVE, CTR, PRICE, SESSIONS, JobName, JobSettings, stream_of

_AT_ONCE = 5_000


@dataclass(frozen=True)
class ReplayOptions:
    """How to replay.

    Attributes:
        speed: seconds of the recording a second; None for as fast as possible.
        window_seconds: of a cloud started for it.
        allowed_lateness: of the price loop of a cloud started for it.
        job: the job that the events go through.
        sessions: settings of the session job of a cloud started for it.
        ctr: those of the job of click-through rates.
        archive: those of the archive.
    """

    speed: float | None = None
    window_seconds: int = 10
    allowed_lateness: str = "10 minutes"
    job: JobName = PRICE
    sessions: SessionSettings = field(default_factory=SessionSettings)
    ctr: CtrSettings = field(default_factory=CtrSettings)
    archive: ArchiveSettings = field(default_factory=ArchiveSettings)

    def cloud(self) -> CloudOptions:
        """The cloud to start; its job starts at once when the events go out at their pace."""
        settings: dict[str, JobSettings] = {
            SESSIONS: self.sessions,
            CTR: self.ctr,
            ARCHIVE: self.archive,
        }
        return CloudOptions(
            window_seconds=self.window_seconds,
            allowed_lateness=self.allowed_lateness,
            run_job=self.speed is not None,
            job=self.job,
            parameters=settings[self.job].parameters(self.window_seconds)
            if self.job in settings
            else {},
        )


@dataclass(frozen=True)
class Replayed:
    """A recording that went through: every event is accounted for.

    Attributes:
        began_at: when the first event was sent, epoch seconds.
        left: processes that are left of the cloud started for it.
    """

    follower: RunFollower
    sent: int
    began_at: float
    left: int = 0


def run_replay(
    recording: Recording, options: ReplayOptions, state: StateFolder, display: Display
) -> RunReport:
    """Send the recording through the cloud that runs, else through one started for it.

    Raises:
        LocalCloudError: a part failed, or the events were not accounted for in time.
    """
    for line in recording.unreadable:
        display.say(f"skipped {line}")
    done = replay_recording(recording, options, state, display)
    return done.follower.report(done.sent, done.left, recording.unreadable)


def replay_recording(
    recording: Recording, options: ReplayOptions, state: StateFolder, display: Display
) -> Replayed:
    """Send the records and wait for their end, without a report.

    Raises:
        LocalCloudError: as `run_replay`.
    """
    running = state.running()
    if running is not None:
        return _through_running(recording, options, state, running, display)
    return _through_own(recording, options, state, display)


def job_of(job: JobName | None, state: StateFolder) -> JobName:
    """The job that was asked for, else the running cloud's, else the price loop's."""
    running = state.running()
    if job is None and running is not None:
        return cast("JobName", running.job)
    return job or PRICE


def check_job(running: RunningCloud, job: JobName) -> None:
    """Raise unless the running cloud runs that job.

    Raises:
        LocalCloudError: it runs another one, or none yet.
    """
    if running.job != job:
        raise LocalCloudError(
            f"the running cloud (process {running.pid}) runs the job {running.job}, not {job}:"
            f" end it with Ctrl-C there, or set {HOME_VARIABLE} to another folder"
        )
    if not any(name.startswith("job-") for name in running.processes):
        raise LocalCloudError("the running cloud has no job yet; wait until it is up")


def _through_running(
    recording: Recording,
    options: ReplayOptions,
    state: StateFolder,
    running: RunningCloud,
    display: Display,
) -> Replayed:
    check_job(running, options.job)
    follower = _follower(options.job, Clients(running.endpoint), display, state)
    with display.live():
        began_at = time.time()
        sent = _send(recording, options, follower, display)
        follower.drain(sent, running.window_seconds, state.mappings_file)
    return Replayed(follower, sent, began_at)


def _through_own(
    recording: Recording, options: ReplayOptions, state: StateFolder, display: Display
) -> Replayed:
    paced = options.speed is not None
    cloud = Cloud(state, options.cloud(), display.part)
    with cloud:
        follower = _follower(options.job, cloud.clients, display, state)
        sent, began_at = 0, time.time()
        if not paced:
            with display.live():
                sent = _send(recording, options, follower, display)
            cloud.start_job()
        follower.job = cloud.wait_for_job()
        with display.live():
            if paced:
                began_at = time.time()
                sent = _send(recording, options, follower, display)
            follower.drain(sent, options.window_seconds, state.mappings_file)
    return Replayed(follower, sent, began_at, cloud.left or 0)


def _follower(job: JobName, clients: Clients, display: Display, state: StateFolder) -> RunFollower:
    if job == CTR:
        return CtrFollower(clients, display, state.alerts_file)
    if job == ARCHIVE:
        return ArchiveFollower(clients, display)
    return Follower(clients, display) if job == PRICE else SessionFollower(clients, display)


def _send(
    recording: Recording, options: ReplayOptions, follower: RunFollower, display: Display
) -> int:
    sender = Sender(follower.clients["kinesis"], stream_of(options.job).name)
    speed = options.speed
    total, done = len(recording.records), 0
    started = time.monotonic()
    while done < total:
        if speed is None:
            upto = min(done + _AT_ONCE, total)
        else:
            upto = _paced(recording, done, started, speed)
        sender.send(recording.records[done:upto])
        done = upto
        follower.look(sender.sent)
    display.part("events", f"{sender.sent:,} sent, {time.monotonic() - started:.1f} s")
    return sender.sent


def _paced(recording: Recording, done: int, started: float, speed: float) -> int:
    """Wait until the next record is due; the end of those that are due then."""
    first = recording.times[0]
    due = started + (recording.times[done] - first) / 1_000 / speed
    threading.Event().wait(max(due - time.monotonic(), 0.0))
    return upto_due(recording, done, first + (time.monotonic() - started) * 1_000 * speed)


def upto_due(recording: Recording, done: int, event_time: float) -> int:
    """The end of the records from `done` on that are due at `event_time`: one call's at most."""
    upto = done + 1
    while (
        upto < len(recording.times)
        and upto - done < RECORDS_A_CALL
        and recording.times[upto] <= event_time
    ):
        upto += 1
    return upto
