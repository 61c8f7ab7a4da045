"""Progress on standard error: the parts as they come up, then a live table."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from localaws.accounting import Totals

_PLAIN_EVERY_S = 10.0


class Display:
    """Shows progress; on no terminal a line every ten seconds instead of a live table."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self._live: Live | None = None
        self._said_at = -_PLAIN_EVERY_S
        self._lock = threading.Lock()

    def part(self, name: str, detail: str) -> None:
        """Say that a part is up."""
        with self._lock:
            self.console.print(f"[green]up[/]  {name:<10} {escape(detail)}", highlight=False)

    def say(self, text: str) -> None:
        """Say a sentence."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def live(self) -> Iterator[Display]:
        """Keep a table on the screen inside."""
        if not self.console.is_terminal:
            yield self
            return
        with Live(console=self.console, refresh_per_second=4) as self._live:
            yield self
        self._live = None

    def counts(
        self, elapsed: float, sent: int, totals: Totals, changed: int, median_ms: float | None
    ) -> None:
        """Show where the price loop stands after `elapsed` seconds."""
        median = "-" if median_ms is None else f"{median_ms / 1_000:.1f} s"
        figures = {
            "time": f"{elapsed:.0f} s",
            "events in": f"{sent:,}",
            "accounted": f"{totals.accounted:,}",
            "batches": f"{totals.batches}",
            "candidates": f"{totals.candidates:,}",
            "prices changed": f"{changed}",
            "median click-to-price": median,
        }
        self.figures(elapsed, figures)

    def figures(
        self, elapsed: float, figures: Mapping[str, str], below: RenderableType | None = None
    ) -> None:
        """Show figures by name; `below` is for a terminal, beneath them."""
        if self._live is not None:
            table = _table(figures)
            self._live.update(table if below is None else Group(table, below))
        elif elapsed - self._said_at >= _PLAIN_EVERY_S:
            self._said_at = elapsed
            self.say(", ".join(f"{name} {value}" for name, value in figures.items()))


def _table(figures: Mapping[str, str]) -> Table:
    table = Table()
    for name in figures:
        table.add_column(name, justify="right")
    table.add_row(*figures.values())
    return table
