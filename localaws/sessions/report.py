"""The report of a run of the session job, as JSON and for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape

from localaws.accounting import Totals
from localaws.sessions.rows import Row, standing
from localaws.sessions.show import share


@dataclass(frozen=True)
class SessionReport:
    """What became of every event, and the sessions that came of them.

    Attributes:
        rows: sessions that the run made or changed, withdrawn ones too.
        unreadable: what no record could be made of, as `file:line: reason`.
    """

    sent: int
    totals: Totals
    rows: Sequence[Row]
    processes_left: int
    unreadable: Sequence[str] = ()

    @property
    def late_share(self) -> float | None:
        """Share of the events sent that came too late; None when none were sent."""
        return self.totals.late / self.sent if self.sent else None

    @property
    def reopened_share(self) -> float | None:
        """Re-openings for each session; None without sessions."""
        sessions = len(standing(self.rows))
        return self.totals.reopened / sessions if sessions else None

    def to_json(self) -> dict[str, Any]:
        """The one object that `--json` prints."""
        totals, statuses = self.totals, Counter(row["status"] for row in self.rows)
        return {
            "events": {
                "sent": self.sent,
                "counted": totals.counted,
                "rejected": totals.rejected,
                "late": totals.late,
                "late_share": _rounded(self.late_share),
                "unreadable": len(self.unreadable),
            },
            "batches": totals.batches,
            "rows": {"delivered": totals.candidates, "undelivered": totals.undelivered},
            "sessions": {
                "total": len(standing(self.rows)),
                **{status: statuses[status] for status in ("open", "closed", "withdrawn")},
                "reopened": totals.reopened,
                "reopened_share": _rounded(self.reopened_share),
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
        totals, found = self.totals, self.to_json()["sessions"]
        unreadable = [f"unreadable, not sent: {len(self.unreadable)}", *self.unreadable]
        undelivered = f"[red]{totals.undelivered:,} rows were not delivered[/]: see table rejects"
        return [
            f"\n[bold]{self.sent:,} events sent[/] = {totals.counted:,} counted"
            f" + {totals.rejected:,} rejected + {totals.late:,} late"
            f" ({share(self.late_share)}), in {totals.batches} batches,"
            f" which gave {totals.candidates:,} rows",
            f"[bold]{found['total']:,} sessions[/]: {found['open']:,} open,"
            f" {found['closed']:,} closed; {found['withdrawn']:,} withdrawn;"
            f" re-opened {totals.reopened:,} ({share(self.reopened_share)})",
            *([undelivered] if totals.undelivered else []),
            *(map(escape, unreadable) if self.unreadable else []),
        ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
