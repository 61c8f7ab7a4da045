"""Follows a run: sends go in, and nothing is reported before every event is accounted for."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from localaws.accounting import Totals, read_price_changes, read_totals
from localaws.clients import Clients
from localaws.display import Display
from localaws.errors import LocalCloudError
from localaws.jobs import JobRun
from localaws.latency import ClickLog, ClickToPrice
from localaws.mappings.idle import wait_until_idle

_LOOK_SECONDS = 1.0
_MAPPING_SECONDS = 120.0
_DRAIN_SECONDS = 60.0


class Follower:
    """Watches the tables of a run.

    Attributes:
        before: totals when the run began, which are not its own.
        job: the job to watch for failure; None when another process runs it.
    """

    def __init__(self, clients: Clients, display: Display, job: JobRun | None = None) -> None:
        self.clicks = ClickLog()
        self.latency = ClickToPrice(clients, self.clicks)
        self.before = read_totals(clients)
        self.totals = Totals()
        self.changes: list[dict[str, Any]] = []
        self.job = job
        self.clients = clients
        self._display = display
        self._changes_before = {_key(change) for change in read_price_changes(clients)}
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
        self.totals = read_totals(self.clients) - self.before
        self.changes = [
            change
            for change in read_price_changes(self.clients)
            if _key(change) not in self._changes_before
        ]
        self.latency.follow(self.changes)
        median = self.latency.percentile(0.5)
        self._display.counts(elapsed, sent, self.totals, len(self.changes), median)

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

    def click_to_price(self) -> dict[str, float | None]:
        """Percentiles for the report, ms."""
        return {
            name: None if value is None else round(value, 1)
            for name, value in (
                ("p50", self.latency.percentile(0.5)),
                ("p99", self.latency.percentile(0.99)),
            )
        }


def _key(change: dict[str, Any]) -> tuple[str, str]:
    return change["product_id"], change["candidate_id"]
