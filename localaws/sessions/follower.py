"""Follows a run of the session job: its totals, and the rows as they come."""

from __future__ import annotations

from collections.abc import Sequence

from localaws.clients import Clients
from localaws.display import Display
from localaws.jobs import JobRun
from localaws.run import RunFollower
from localaws.sessions.report import SessionReport
from localaws.sessions.rows import Row, RowFeed, by_start, key_of, read_sessions, standing
from localaws.sessions.show import rows_table
from localaws.workloads import SESSIONS

# Beneath the figures; a terminal has few more lines.
_SHOWN_ROWS = 12


class SessionFollower(RunFollower):
    """Watches the table of the sessions."""

    job_name = SESSIONS

    def __init__(self, clients: Clients, display: Display, job: JobRun | None = None) -> None:
        super().__init__(clients, display, job)
        self._feed = RowFeed(read_sessions(clients))
        self._rows: dict[tuple[str, str], Row] = {}
        self._latest: list[Row] = []

    @property
    def rows(self) -> list[Row]:
        """The sessions that the run has made or changed, as they stand, withdrawn ones too."""
        return by_start(self._rows.values())

    def report(self, sent: int, left: int, unreadable: Sequence[str]) -> SessionReport:
        """The report of a replay."""
        return SessionReport(sent, self.totals, self.rows, left, unreadable)

    def _look_further(self, elapsed: float, sent: int) -> None:
        new = self._feed.new(read_sessions(self.clients))
        self._rows |= {key_of(row): row for row in new}
        self._latest = [*self._latest, *new][-_SHOWN_ROWS:]
        figures = {
            "time": f"{elapsed:.0f} s",
            "events in": f"{sent:,}",
            "accounted": f"{self.totals.accounted:,}",
            "batches": f"{self.totals.batches}",
            "late": f"{self.totals.late:,}",
            "sessions": f"{len(standing(self._rows.values())):,}",
        }
        self._display.figures(elapsed, figures, rows_table(self._latest, "latest rows"))
