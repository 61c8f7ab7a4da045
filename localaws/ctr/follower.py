"""Follows a run of the job of click-through rates: totals, windows and messages as they come."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from localaws.clients import Clients
from localaws.ctr.inbox import Inbox
from localaws.ctr.mailbox import wait_until_collected
from localaws.ctr.messages import Message, lines
from localaws.ctr.report import CtrReport
from localaws.ctr.rows import Row, by_start, key_of, read_incidents, read_windows
from localaws.ctr.show import line, windows_table
from localaws.display import Display
from localaws.jobs import JobRun
from localaws.run import RunFollower
from localaws.workloads import CTR

# Beneath the figures; a terminal has few more lines.
_SHOWN_ROWS = 12


class CtrFollower(RunFollower):
    """Watches the windows, and the messages that the cloud's mailbox collects in `alerts_file`."""

    job_name = CTR

    def __init__(
        self, clients: Clients, display: Display, alerts_file: Path, job: JobRun | None = None
    ) -> None:
        super().__init__(clients, display, job)
        self._inbox = Inbox(alerts_file)
        self._inbox.new()  # those of before
        self._windows_before = {key_of(row) for row in read_windows(clients)}
        self._revisions_before = {_incident_of(row): row["revision"] for row in self._all()}
        self._rows: dict[tuple[str, str], Row] = {}
        self.incidents: list[Row] = []
        self.messages: list[Message] = []

    @property
    def rows(self) -> list[Row]:
        """The windows that came since the run began."""
        return by_start(self._rows.values())

    def report(self, sent: int, left: int, unreadable: Sequence[str]) -> CtrReport:
        """The report of a run."""
        return CtrReport(
            sent=sent,
            totals=self.totals,
            rows=self.rows,
            incidents=self.incidents,
            messages=self.messages,
            processes_left=left,
            unreadable=unreadable,
        )

    def drain(self, sent: int, window_seconds: float, status_file: Path) -> None:
        """Wait until all events are accounted for, and every message about them has come."""
        super().drain(sent, window_seconds, status_file)
        wait_until_collected(self.clients)
        self.look(sent, now=True)

    def _look_further(self, elapsed: float, sent: int) -> None:
        self._take_windows()
        self._take_messages()
        self.incidents = [
            row
            for row in self._all()
            if row["revision"] != self._revisions_before.get(_incident_of(row))
        ]
        figures = {
            "time": f"{elapsed:.0f} s",
            "events in": f"{sent:,}",
            "accounted": f"{self.totals.accounted:,}",
            "batches": f"{self.totals.batches}",
            "late": f"{self.totals.late:,}",
            "windows": f"{len(self._rows):,}",
            "anomalies": f"{sum(row['is_anomaly'] for row in self._rows.values()):,}",
            "messages": f"{len(self.messages):,}",
        }
        latest = self.rows[-_SHOWN_ROWS:]
        self._display.figures(elapsed, figures, windows_table(latest, "latest windows"))

    def _take_windows(self) -> None:
        known = self._windows_before | self._rows.keys()
        new = [row for row in read_windows(self.clients) if key_of(row) not in known]
        self._rows |= {key_of(row): row for row in new}
        for row in new:
            if row["is_anomaly"]:
                self._display.say(line(row))

    def _take_messages(self) -> None:
        for message in self._inbox.new():
            self.messages.append(message)
            self._display.say(f"message   {lines(message)}")

    def _all(self) -> list[Row]:
        return read_incidents(self.clients)


def _incident_of(row: Row) -> tuple[str, str]:
    return row["site"], row["incident_id"]
