"""Windows of click-through rates for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

Row = dict[str, Any]


def windows_table(rows: Iterable[Row], title: str | None = None) -> Table:
    """One line a window."""
    table = Table(box=SIMPLE, title=title, title_justify="left")
    table.add_column("window", no_wrap=True)
    table.add_column("site", no_wrap=True, overflow="ellipsis", max_width=24)
    for name in ("clicks", "impressions", "CTR", "expected", "score", ""):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        unusual = row["is_anomaly"]
        table.add_row(
            escape(clock(row["window_start"])),
            escape(row["site"]),
            f"{row['clicks']:,}",
            f"{row['impressions']:,}",
            percent(row.get("ctr_percent")),
            percent(row.get("expected_percent")),
            number(row.get("anomaly_score")),
            "ANOMALY" if unusual else "",
            style="bold red" if unusual else None,
        )
    return table


def line(row: Row) -> str:
    """An anomalous window as one line."""
    counts = f"{row['clicks']:,} clicks, {row['impressions']:,} impressions"
    expected = row.get("expected_percent")
    usual = "" if expected is None else f" ({percent(expected)} expected)"
    site = "".join(c if c.isprintable() else "?" for c in row["site"])
    return (
        f"anomaly   {site} {clock(row['window_start'])}: CTR {percent(row.get('ctr_percent'))}"
        f"{usual}, {counts}, score {number(row.get('anomaly_score'))}"
    )


def clock(text: str) -> str:
    """The time of day of an ISO-8601 time."""
    return text[11:19]


def percent(value: float | None) -> str:
    """A percentage; `-` of none."""
    return "-" if value is None else f"{value:,.1f} %"


def number(value: float | None) -> str:
    """A number with two decimals; `-` of none."""
    return "-" if value is None else f"{value:,.2f}"
