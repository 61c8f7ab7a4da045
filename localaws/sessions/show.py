"""Session rows for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

STYLES = {"open": "green", "closed": "blue", "withdrawn": "red"}


def rows_table(rows: Iterable[Mapping[str, Any]], title: str | None = None) -> Table:
    """One line a row."""
    table = Table(box=SIMPLE, title=title, title_justify="left")
    for name in ("session", "start", "end"):
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    table.add_column("events", justify="right")
    table.add_column("status")
    for row in rows:
        status = row["status"]
        table.add_row(
            escape(row["session_id"]),
            escape(row["started_at"]),
            escape(row.get("ended_at") or "-"),
            shown(row.get("events")),
            f"[{STYLES.get(status, 'default')}]{escape(status)}[/]",
        )
    return table


def line(row: Mapping[str, Any]) -> str:
    """A row as one line of text; ids are a user's to choose, so it shows no control characters."""
    parts = [row["started_at"], row["status"], row["session_id"]]
    if row.get("events") is not None:
        parts.append(f"{row['events']} events in {seconds(row.get('duration_ms'))}")
    return "".join(c if c.isprintable() else "?" for c in "  ".join(parts))


def seconds(millis: float | None) -> str:
    """A length for people; `-` of none."""
    return "-" if millis is None else f"{millis / 1_000:,.1f} s"


def share(value: float | None) -> str:
    """A share as per cent; `-` of none."""
    return "-" if value is None else f"{value:.1%}"


def shown(value: float | None) -> str:
    """A number with separators; `-` of none."""
    return "-" if value is None else f"{value:,}"
