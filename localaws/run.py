"""Follows a run: sends go in, and nothing is reported before every event is accounted for."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from localaws.accounting import Totals, read_price_changes, read_totals
from localaws.clients import Clients
from localaws.display import Display
from localaws.errors import LocalCloudError
from localaws.jobs import JobRun
from localaws.latency import ClickLog, ClickToPrice
from localaws.mappings.idle import wait_until_idle
from localaws.report import Report
from localaws.workloads import PRICE, JobName

_LOOK_SECONDS = 1.0
_MAPPING_SECONDS = 120.0
_DRAIN_SECONDS = 60.0


class RunReport(Protocol):
    """What a run ends in."""

    def to_json(self) -> dict[str, Any]:
        """The one object that `--json` prints."""

    def show(self, console: Console) -> None:
        """Print it for people."""


class RunFollower:
    """Follows what a job does with the events of a run; a subclass, what comes of them.

    Attributes:
        before: totals when the run began, which are not its own.
        job: the job to watch for failure; None when another process runs it.
    """

    job_name: JobName

    def __init__(self, clients: Clients, display: Display, job: JobRun | None = None) -> None:
        self.before = read_totals(clients, self.job_name)
        self.totals = Totals()
        self.job = job
        self.clients = clients
        self._display = display
        self._started = time.monotonic()
        self._looked = 0.0

    def look(self, sent: int, *, now: bool = False) -> None:
        """Read the tables, at most once a second unless `now`, and show the figures.

        Raises:
            LocalCloudError: the job has failed.
        """
        elapsed = time.monotonic() - self._started
        if not now and elapsed - self._looked < _LOOK_SECONDS:
            return
        self._looked = elapsed
        if self.job is not None:
            self.job.check()
        self.totals = read_totals(self.clients, self.job_name) - self.before
        self._look_further(elapsed, sent)

    def report(self, sent: int, left: int, unreadable: Sequence[str]) -> RunReport:
        """The report of a run that has been drained."""
        raise NotImplementedError

    def _look_further(self, elapsed: float, sent: int) -> None:
        """Read what else the run is about, and show where it stands after `elapsed` seconds."""
        raise NotImplementedError

    def drain(self, sent: int, window_seconds: float, status_file: Path) -> None:
        """Wait until the job has accounted for all events and no mapping has anything to do.

        Raises:
            LocalCloudError: not in time (two windows and a minute without progress), or a cloud
                of our own has accounted for more than was sent.
        """
        patience = 2 * window_seconds + _DRAIN_SECONDS
        pause = threading.Event()
        progressed, seen = time.monotonic(), -1
        while self.totals.accounted < sent:
            self.look(sent, now=True)
            if self.totals.accounted != seen:
                progressed, seen = time.monotonic(), self.totals.accounted
            if time.monotonic() - progressed > patience:
                raise LocalCloudError(
                    f"drain: {self.totals.accounted} of {sent} events are accounted for, and no"
                    f" batch has finished for {patience:g} s; look at the job's log"
                )
            pause.wait(0.25)
        wait_until_idle(status_file, _MAPPING_SECONDS)
        self.look(sent, now=True)
        self._check_surplus(sent)

    def _check_surplus(self, sent: int) -> None:
        # Others may send to a cloud that runs for them too; on one of our own it is a fault.
        if self.job is not None and self.totals.accounted > sent:
            raise LocalCloudError(
                f"drain: {self.totals.accounted} events are accounted for, but {sent} were sent:"
                " records were counted twice, or someone else sent to this cloud; compare the"
                " batches of the table job_batches with the job's log"
            )


class Follower(RunFollower):
    """Watches the tables of the price loop."""

    job_name = PRICE

    def __init__(self, clients: Clients, display: Display, job: JobRun | None = None) -> None:
        super().__init__(clients, display, job)
        self.clicks = ClickLog()
        self.latency = ClickToPrice(clients, self.clicks)
        self.changes: list[dict[str, Any]] = []
        self._changes_before = {_key(change) for change in read_price_changes(clients)}

    def click_to_price(self) -> dict[str, float | None]:
        """Percentiles for the report, ms."""
        return {
            name: None if value is None else round(value, 1)
            for name, value in (
                ("p50", self.latency.percentile(0.5)),
                ("p99", self.latency.percentile(0.99)),
            )
        }

    def report(self, sent: int, left: int, unreadable: Sequence[str]) -> Report:
        """The report of a replay."""
        return Report(
            sent=sent,
            totals=self.totals,
            changes=self.changes,
            click_to_price=self.click_to_price(),
            processes_left=left,
            unreadable=unreadable,
        )

    def _look_further(self, elapsed: float, sent: int) -> None:
        self.changes = [
            change
            for change in read_price_changes(self.clients)
            if _key(change) not in self._changes_before
        ]
        self.latency.follow(self.changes)
        median = self.latency.percentile(0.5)
        self._display.counts(elapsed, sent, self.totals, len(self.changes), median)


def _key(change: dict[str, Any]) -> tuple[str, str]:
    return change["product_id"], change["candidate_id"]
