"""The report of a run of the job of click-through rates, as JSON and for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape

from localaws.accounting import Totals
from localaws.ctr.messages import Message, head
from localaws.ctr.rows import Row
from localaws.ctr.show import line, percent

# The first ones; a terminal has few more lines, and the JSON has all.
_SHOWN = 10


@dataclass(frozen=True)
class CtrReport:
    """What became of every event, the windows that came of them, and what was told.

    Attributes:
        rows: windows that were judged in the run.
        incidents: those that began or changed in it.
        messages: those that were sent in it.
        unreadable: what no record could be made of, as `file:line: reason`.
    """

    sent: int
    totals: Totals
    rows: Sequence[Row]
    incidents: Sequence[Row]
    messages: Sequence[Message]
    processes_left: int
    unreadable: Sequence[str] = ()

    @property
    def anomalies(self) -> list[Row]:
        """The windows that were anomalies."""
        return [row for row in self.rows if row["is_anomaly"]]

    def to_json(self) -> dict[str, Any]:
        """The one object that `--json` prints."""
        totals = self.totals
        return {
            "events": {
                "sent": self.sent,
                "counted": totals.counted,
                "rejected": totals.rejected,
                "late": totals.late,
                "unreadable": len(self.unreadable),
            },
            "batches": totals.batches,
            "rows": {
                "windows": totals.candidates,
                "anomalies": totals.anomalies,
                "undelivered": totals.undelivered,
            },
            "windows": len(self.rows),
            "anomalies": self.anomalies,
            "incidents": list(self.incidents),
            "messages": list(self.messages),
            "processes_left": self.processes_left,
            "unreadable": list(self.unreadable),
        }

    def show(self, console: Console) -> None:
        """Print it for people."""
        for text in self.lines():
            console.print(text, highlight=False, soft_wrap=True)

    def lines(self) -> list[str]:
        """Sentences for people, with markup."""
        totals = self.totals
        unreadable = [f"unreadable, not sent: {len(self.unreadable)}", *self.unreadable]
        undelivered = f"[red]{totals.undelivered:,} rows were not delivered[/]: see table rejects"
        return [
            f"\n[bold]{self.sent:,} events sent[/] = {totals.counted:,} counted"
            f" + {totals.rejected:,} rejected + {totals.late:,} late,"
            f" in {totals.batches} batches",
            f"[bold]{len(self.rows):,} windows[/], {len(self.anomalies):,} of them anomalies",
            *_some([escape(line(row)) for row in self.anomalies]),
            f"[bold]incidents: {len(self.incidents):,}[/]",
            *_some([escape(incident(row)) for row in self.incidents]),
            f"[bold]messages: {len(self.messages):,}[/]",
            *_some([escape(head(message)) for message in self.messages]),
            *([undelivered] if totals.undelivered else []),
            *(map(escape, unreadable) if self.unreadable else []),
        ]


def incident(row: Row) -> str:
    """An incident as one line."""
    end = row.get("resolved_at")
    until = "still open" if end is None else f"resolved {end}"
    return (
        f"{row['site']} {row['incident_id']}, {until}: {row['direction']},"
        f" {row['windows']} windows, CTR {percent(row.get('peak_percent'))} at its peak,"
        f" {percent(row.get('expected_percent'))} expected"
    )


def _some(found: list[str]) -> list[str]:
    more = len(found) - _SHOWN
    shown = [f"  {text}" for text in found[:_SHOWN]]
    return [*shown, f"  and {more:,} more; --json lists all"] if more > 0 else shown
