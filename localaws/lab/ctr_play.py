"""Plays the click-through-rate lab into a stream, and judges what was made of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from catalog.operations import JOB_BATCHES
from localaws.clients import Clients
from localaws.ctr.rows import read_windows, to_text
from localaws.ctr.settings import DEFAULT_PROFILE, CtrSettings
from localaws.display import Display
from localaws.errors import LocalCloudError
from localaws.lab.ctr import (
    Arrivals,
    CtrLabOptions,
    free_site,
    make_actions,
    start_for,
    to_recording,
)
from localaws.lab.ctr_report import CtrLabReport
from localaws.lab.ctr_verdict import Verdict
from localaws.lab.play import read_up_to
from localaws.replay import ReplayOptions, check_job, replay_recording
from localaws.state import RunningCloud, StateFolder
from localaws.tables import scan
from localaws.workloads import CTR

if TYPE_CHECKING:
    from localaws.ctr.report import CtrReport

# The longest stretch that a window is judged by, and the windows that the end may cut.
_SETTLE_SECONDS = 60.0
# What is usual must be known: in the lab after 12 windows, by default after 32.
_LONGEST_WARM_UP = 360.0
_WARM_UP = {"lab": 300.0}


@dataclass(frozen=True)
class CtrPlayOptions:
    """How the lab is played.

    Attributes:
        warm_up: seconds of usual traffic before the burst; None for what the profile needs.
        speed: seconds of event time a second; at 1 no action says its time.
        profile: None for the running cloud's, or the default in a cloud started for it.
        window_seconds: of a cloud started for it.
    """

    warm_up: float | None = None
    speed: float = 1.0
    profile: str | None = None
    arrivals: Arrivals = "jitter"
    seed: int = 7
    window_seconds: int = 2

    def lab(self, settings: CtrSettings) -> CtrLabOptions:
        """What is sent: after the burst long enough that an incident ends and is told so."""
        quiet = (settings.clear_after_ms + settings.lateness_ms) / 1_000
        return CtrLabOptions(
            warm_up=_WARM_UP.get(settings.profile, _LONGEST_WARM_UP)
            if self.warm_up is None
            else self.warm_up,
            after=quiet + _SETTLE_SECONDS,
            arrivals=self.arrivals,
            seed=self.seed,
        )


def run_ctr_lab(options: CtrPlayOptions, state: StateFolder, display: Display) -> CtrLabReport:
    """Play the lab through the cloud that runs, else through one started for it.

    Raises:
        LocalCloudError: a part failed, the actions were not accounted for in time, or the running
            cloud is set for something else or would find the first of them late.
    """
    running = state.running()
    settings = _settings(options, running)
    lab = options.lab(settings)
    start = None
    if options.speed > 1:
        start = start_for(lab, round(time.time() * 1_000), options.speed)
        _check_start(start, running, settings)
    site = free_site({row["site"] for row in _windows(running)})
    recording = to_recording(make_actions(lab), site, start)
    replay = ReplayOptions(options.speed, options.window_seconds, job=CTR, ctr=settings)
    done = replay_recording(recording, replay, state, display)
    began = round(done.began_at * 1_000) if start is None else start
    run = cast("CtrReport", done.follower.report(done.sent, done.left, ()))
    return judge(run, site, settings.profile, _moved(lab.burst_ms, began))


def judge(run: CtrReport, site: str, profile: str, burst: tuple[int, int]) -> CtrLabReport:
    """The report of what the run says of the site; others may use the running cloud too."""
    of_site = replace(
        run,
        rows=[row for row in run.rows if row["site"] == site],
        incidents=[row for row in run.incidents if row["site"] == site],
        messages=[message for message in run.messages if message["site"] == site],
    )
    return CtrLabReport(of_site, site, profile, Verdict.of(burst, of_site.rows))


def check_start(start_ms: int, mark: int | None, settings: CtrSettings) -> None:
    """Raise if actions from `start_ms` on come late to a stream that was read up to `mark`.

    Raises:
        LocalCloudError: they do.
    """
    if mark is None or start_ms >= mark - settings.lateness_ms:
        return
    raise LocalCloudError(
        f"lab: its first action would be of {to_text(start_ms)}, but the running cloud has read up"
        f" to {to_text(mark)} and closed the windows before. At --speed 1 actions are of the time"
        " that they arrive; or end that cloud, and the lab starts its own"
    )


def _check_start(start_ms: int, running: RunningCloud | None, settings: CtrSettings) -> None:
    if running is not None:
        columns = ("job", "high_water_mark")
        batches = scan(Clients(running.endpoint), JOB_BATCHES.name, columns)
        check_start(start_ms, read_up_to(batches, CTR), settings)


def _windows(running: RunningCloud | None) -> list[dict[str, str]]:
    return read_windows(Clients(running.endpoint)) if running else []


def _settings(options: CtrPlayOptions, running: RunningCloud | None) -> CtrSettings:
    """The settings that the windows are judged by: the running cloud's win."""
    if running is None:
        return CtrSettings(options.profile or DEFAULT_PROFILE)
    check_job(running, CTR)
    deployed = CtrSettings.of(running.parameters)
    if options.profile and options.profile != deployed.profile:
        raise LocalCloudError(
            f"lab: --profile is {options.profile!r}, but the running cloud's is"
            f" {deployed.profile!r}: leave --profile out, or end that cloud"
        )
    return deployed


def _moved(span: tuple[int, int], by: int) -> tuple[int, int]:
    return span[0] + by, span[1] + by
