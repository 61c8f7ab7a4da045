"""The report of a run, as JSON and as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from localaws.accounting import Totals
from localaws.shop import Profits

# The last ones; a terminal has few more lines.
_SHOWN_CHANGES = 20


@dataclass(frozen=True)
class Report:
    """What a run did with every event, and what came of it.

    Attributes:
        unreadable: what no record could be made of, as `file:line: reason`; None for a demo.
        profits: minor units an hour; None when no simulator ran.
    """

    sent: int
    totals: Totals
    changes: Sequence[Mapping[str, Any]]
    click_to_price: Mapping[str, float | None]
    processes_left: int
    profits: Profits | None = None
    unreadable: Sequence[str] | None = None

    def to_json(self) -> dict[str, Any]:
        """The one object that `--json` prints."""
        return {
            "events": {
                "sent": self.sent,
                "counted": self.totals.counted,
                "rejected": self.totals.rejected,
                "late": self.totals.late,
                **({} if self.unreadable is None else {"unreadable": len(self.unreadable)}),
            },
            "batches": self.totals.batches,
            "candidates": self.totals.candidates,
            "price_changes": [_change(change) for change in self.changes],
            "click_to_price_ms": dict(self.click_to_price),
            "profit_per_hour": self.profits
            and {
                "this_run": round(self.profits.this_run, 2),
                "starting_prices": round(self.profits.starting_prices, 2),
                "best_constant": round(self.profits.best_constant, 2),
            },
            "processes_left": self.processes_left,
            **({} if self.unreadable is None else {"unreadable": list(self.unreadable)}),
        }

    def show(self, console: Console) -> None:
        """Print it for people."""
        console.print(self.render())

    def render(self) -> RenderableType:
        """Tables and sentences for people."""
        totals = self.totals
        lines = [
            f"\n[bold]{self.sent:,} events sent[/] = {totals.counted:,} counted"
            f" + {totals.rejected:,} rejected + {totals.late:,} late,"
            f" in {totals.batches} batches, which gave {totals.candidates:,} candidates",
            *self._unreadable_lines(),
        ]
        middle = self.click_to_price.get("p50")
        if middle is not None:
            high = self.click_to_price["p99"] or 0.0
            lines.append(
                f"click to price: median {middle / 1_000:.1f} s,"
                f" 99th percentile {high / 1_000:.1f} s"
            )
        parts: list[RenderableType] = [*lines, *self._changes()]
        return Group(*parts, *self._profit_lines())

    def _unreadable_lines(self) -> list[str]:
        found = self.unreadable or ()
        return [f"unreadable, not sent: {len(found)}", *map(escape, found)] if found else []

    def _changes(self) -> list[RenderableType]:
        if not self.changes:
            return []
        table = Table(title=f"{len(self.changes)} price changes", title_justify="left", box=SIMPLE)
        table.add_column("product", no_wrap=True, max_width=16, overflow="ellipsis")
        table.add_column("old -> new", justify="right", no_wrap=True)
        table.add_column("guardrail", no_wrap=True, max_width=18, overflow="ellipsis")
        # The one column that gives way; its cells are cut, not wrapped.
        table.add_column("reason")
        for change in self.changes[-_SHOWN_CHANGES:]:
            table.add_row(
                escape(change["product_id"]),
                f"{money(change['old_price_cents'])} -> {money(change['new_price_cents'])}",
                escape(", ".join(bound["name"] for bound in change["guardrails"]) or "-"),
                Text(change["reason"], no_wrap=True, overflow="ellipsis"),
            )
        more = len(self.changes) - _SHOWN_CHANGES
        return [table, f"and {more} more; --json lists all"] if more > 0 else [table]

    def _profit_lines(self) -> list[str]:
        if self.profits is None:
            return []
        return [
            "profit per hour of the simulated shop, over the same clicks:",
            f"  this run                 {money(self.profits.this_run):>14}",
            f"  at its starting prices   {money(self.profits.starting_prices):>14}",
            f"  at best constant prices  {money(self.profits.best_constant):>14}",
        ]


def money(cents: float) -> str:
    """Minor units as units with two decimals."""
    return f"{cents / 100:,.2f}"


def _change(change: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "product_id": change["product_id"],
        "old": change["old_price_cents"],
        "new": change["new_price_cents"],
        "reason": change["reason"],
        "guardrails": list(change["guardrails"]),
    }
