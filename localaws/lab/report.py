"""The report of the sessionization lab, as JSON and for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from localaws.lab.agreement import Agreement
from localaws.sessions.report import SessionReport

# Users beside each other in a table for people; the JSON has all.
_SHOWN_USERS = 20


@dataclass(frozen=True)
class LabReport:
    """What became of the events, and whether their sessions were found."""

    run: SessionReport
    agreement: Agreement

    def to_json(self) -> dict[str, Any]:
        """The one object that `--json` prints."""
        return self.run.to_json() | self.agreement.to_json()

    def show(self, console: Console) -> None:
        """Print it for people."""
        self.run.show(console)
        console.print(self._users())
        console.print(self._verdict())
        console.print(f"processes left: {self.run.processes_left}")

    def _users(self) -> Table:
        users = self.agreement.by_user()
        more = len(users) - _SHOWN_USERS
        caption = f"and {more} more users; --json lists all" if more > 0 else None
        table = Table(box=SIMPLE, caption=caption, caption_justify="left")
        table.add_column("user")
        for name in ("events", "sessions", "expected"):
            table.add_column(name, justify="right")
        for user, counts in list(users.items())[:_SHOWN_USERS]:
            table.add_row(escape(user), *(f"{count:,}" for count in counts.values()))
        return table

    def _verdict(self) -> str:
        expected = f"{len(self.agreement.expected):,} sessions expected by a plain calculation"
        if self.agreement.agrees:
            return f"{expected}, [green]and the same ones found[/]"
        found = self.agreement.to_json()
        return (
            f"{expected}, [red]but other ones found[/]: {len(found['missing']):,} are missing,"
            f" {len(found['unexpected']):,} were not expected"
        )
