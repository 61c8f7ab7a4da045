"""Replays recorded events through the loop, and waits until every one is accounted for.

Events go out in the order of their times. As fast as possible, a cloud of its own gets them all
before its job starts, so that the job's batches are the same each time.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from localaws.clients import Clients
from localaws.cloud import Cloud, CloudOptions
from localaws.display import Display
from localaws.errors import LocalCloudError
from localaws.recordings import Recording
from localaws.report import Report
from localaws.run import Follower
from localaws.sending import RECORDS_A_CALL, Sender
from localaws.state import RunningCloud, StateFolder

_NO_LATENCY = {"p50": None, "p99": None}
_AT_ONCE = 5_000


@dataclass(frozen=True)
class ReplayOptions:
    """How to replay.

    Attributes:
        speed: seconds of the recording a second; None for as fast as possible.
        window_seconds: of a cloud started for it.
        allowed_lateness: of a cloud started for it.
    """

    speed: float | None = None
    window_seconds: int = 10
    allowed_lateness: str = "10 minutes"


def run_replay(
    recording: Recording, options: ReplayOptions, state: StateFolder, display: Display
) -> Report:
    """Send the recording through the cloud that runs, else through one started for it.

    Raises:
        LocalCloudError: a part failed, or the events were not accounted for in time.
    """
    for line in recording.unreadable:
        display.say(f"skipped {line}")
    running = state.running()
    if running is not None:
        return _through_running(recording, options, state, running, display)
    return _through_own(recording, options, state, display)


def _through_running(
    recording: Recording,
    options: ReplayOptions,
    state: StateFolder,
    running: RunningCloud,
    display: Display,
) -> Report:
    if not any(name.startswith("job-") for name in running.processes):
        raise LocalCloudError("replay: the running cloud has no job; wait until it is up")
    follower = Follower(Clients(running.endpoint), display)
    with display.live():
        sent = _send(recording, options.speed, follower, display)
        follower.drain(sent, running.window_seconds, state.mappings_file)
    return _report(recording, sent, follower, 0)


def _through_own(
    recording: Recording, options: ReplayOptions, state: StateFolder, display: Display
) -> Report:
    paced = options.speed is not None
    deployed = CloudOptions(options.window_seconds, options.allowed_lateness, run_job=paced)
    cloud = Cloud(state, deployed, display.part)
    with cloud:
        follower = Follower(cloud.clients, display)
        sent = 0
        if not paced:
            with display.live():
                sent = _send(recording, None, follower, display)
            cloud.start_job()
        follower.job = cloud.wait_for_job()
        with display.live():
            if paced:
                sent = _send(recording, options.speed, follower, display)
            follower.drain(sent, options.window_seconds, state.mappings_file)
    return _report(recording, sent, follower, cloud.left or 0)


def _report(recording: Recording, sent: int, follower: Follower, left: int) -> Report:
    return Report(
        sent=sent,
        totals=follower.totals,
        changes=follower.changes,
        click_to_price=_NO_LATENCY,
        processes_left=left,
        unreadable=recording.unreadable,
    )


def _send(recording: Recording, speed: float | None, follower: Follower, display: Display) -> int:
    sender = Sender(follower.clients["kinesis"], "clickstream")
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
