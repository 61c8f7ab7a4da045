"""A cloud's archive: how its job is set, and what became of the events of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from rich.console import Console
from rich.markup import escape

from catalog.lake import CLICKS
from catalog.registry import LAKE_PREFIX
from localaws.accounting import Totals
from localaws.clients import Clients
from localaws.deploy import BUCKET
from localaws.durations import millis
from localaws.query.sources import delta_table
from localaws.run import RunFollower
from localaws.workloads import ARCHIVE


@dataclass(frozen=True)
class ArchiveSettings:
    """How the job is set.

    Attributes:
        horizon: an event whose time was changed is found again within so much of it.

    Raises:
        LocalCloudError: the duration is none.
    """

    horizon: str = "1 hour"

    def __post_init__(self) -> None:
        millis("duplicate horizon", self.horizon)

    def parameters(self, window_seconds: int) -> dict[str, str]:
        """The template's parameters of the job."""
        return {
            "ArchiveWindow": f"{window_seconds} seconds",
            "DuplicateHorizon": self.horizon,
        }


@dataclass(frozen=True)
class History:
    """What the table `clicks` holds: events by their day, and files."""

    days: Mapping[str, int] = field(default_factory=dict)
    files: int = 0

    @property
    def events(self) -> int:
        """All of them."""
        return sum(self.days.values())


def read_history(clients: Clients) -> History:
    """The history of the running cloud.

    Raises:
        LocalCloudError: there is no such table, or it cannot be read.
    """
    return history_of(delta_table(CLICKS.location(f"s3://{BUCKET}/{LAKE_PREFIX}"), clients))


def history_of(table: DeltaTable) -> History:
    """The history as its log tells it; no file of it is opened."""
    files = table.get_add_actions(flatten=True)
    days: Counter[str] = Counter()
    names = (f"partition.{CLICKS.partition_key}", "num_records")
    for day, events in zip(*(files.column(name).to_pylist() for name in names), strict=True):
        days[str(day)] += events
    return History(days, files.num_rows)


@dataclass(frozen=True)
class ArchiveReport:
    """What became of every event, and what the history holds then.

    Attributes:
        unreadable: what no record could be made of, as `file:line: reason`.
    """

    sent: int
    totals: Totals
    history: History
    processes_left: int
    unreadable: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """The one object that `--json` prints."""
        return {
            "events": {
                "sent": self.sent,
                "counted": self.totals.counted,
                "rejected": self.totals.rejected,
                "late": self.totals.late,
                "unreadable": len(self.unreadable),
            },
            "batches": self.totals.batches,
            "history": {
                "events": self.history.events,
                "files": self.history.files,
                "days": dict(sorted(self.history.days.items())),
            },
            "processes_left": self.processes_left,
            "unreadable": list(self.unreadable),
        }

    def show(self, console: Console) -> None:
        """Print it for people."""
        for text in self.lines():
            console.print(text)

    def lines(self) -> list[str]:
        """Sentences for people, with markup."""
        totals, days = self.totals, self.history.days
        span = f", {min(days)} to {max(days)}" if days else ""
        unreadable = [f"unreadable, not sent: {len(self.unreadable)}", *self.unreadable]
        return [
            f"\n[bold]{self.sent:,} events sent[/] = {totals.counted:,} counted"
            f" + {totals.rejected:,} rejected + {totals.late:,} late, in {totals.batches} batches",
            f"[bold]{self.history.events:,} events[/] in the history: days {len(days)}{span};"
            f" files {self.history.files:,}",
            *(map(escape, unreadable) if self.unreadable else []),
        ]


class ArchiveFollower(RunFollower):
    """Watches the job's totals; the history is read once, at the end."""

    job_name = ARCHIVE
    history = History()

    def drain(self, sent: int, window_seconds: float, status_file: Path) -> None:
        """Wait as every follower does, then read the history while its cloud is there.

        Raises:
            LocalCloudError: as every follower does, or the history cannot be read.
        """
        super().drain(sent, window_seconds, status_file)
        if self.totals.candidates:
            self.history = read_history(self.clients)

    def report(self, sent: int, left: int, unreadable: Sequence[str]) -> ArchiveReport:
        """The report of a replay."""
        return ArchiveReport(sent, self.totals, self.history, left, unreadable)

    def _look_further(self, elapsed: float, sent: int) -> None:
        figures = {
            "time": f"{elapsed:.0f} s",
            "events in": f"{sent:,}",
            "accounted": f"{self.totals.accounted:,}",
            "batches": f"{self.totals.batches}",
            "rejected": f"{self.totals.rejected:,}",
        }
        self._display.figures(elapsed, figures)
