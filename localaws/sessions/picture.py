"""Summaries of sessions for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from localaws.sessions.rows import Row
from localaws.sessions.show import seconds, share, shown
from localaws.sessions.summary import By, Summary, durations, summarize, summarize_by

_BAR_WIDTH = 40


def picture(rows: Sequence[Row], by: By, count: int) -> RenderableType:
    """All sessions, the first groups of them, and how long they lasted."""
    total, groups = summarize(rows), summarize_by(rows, by)
    parts: list[RenderableType] = [sentence(total), _groups(groups[:count], by)]
    if len(groups) > count:
        parts.append(f"and {len(groups) - count:,} more; -n shows more of them")
    return Group(*parts, *([_histogram(rows)] if total.closed else []))


def sentence(total: Summary) -> str:
    """The figures of all sessions."""
    text = f"[bold]{total.sessions:,} sessions[/]: {total.open:,} open, {total.closed:,} closed"
    if not total.closed:
        return f"{text}; how long they last, and more, is known of closed ones alone"
    return (
        f"{text}\nduration: median {seconds(total.median_ms)},"
        f" 95th percentile {seconds(total.p95_ms)}\n"
        f"events a session {total.events_per_session:.1f},"
        f" bounces {share(total.bounce_share)}, conversions {share(total.conversion_share)}"
    )


def _groups(groups: Sequence[Summary], by: By) -> Table:
    table = Table(box=SIMPLE)
    table.add_column(by.replace("_", " "), no_wrap=True, overflow="ellipsis")
    for name in ("sessions", "open", "events each", "median", "bounces", "conversions"):
        table.add_column(name, justify="right")
    for group in groups:
        events = group.events_per_session
        table.add_row(
            "-" if group.name is None else escape(group.name),
            shown(group.sessions),
            shown(group.open),
            "-" if events is None else f"{events:.1f}",
            seconds(group.median_ms),
            share(group.bounce_share),
            share(group.conversion_share),
        )
    return table


def _histogram(rows: Sequence[Row]) -> Table:
    classes = durations(rows)
    most = max(count for _, _, count in classes)
    table = Table(box=None, show_header=False, title="how long they lasted", title_justify="left")
    for start, end, count in classes:
        label = f"{_length(start)} and more" if end is None else f"below {_length(end)}"
        bar = "█" * max(round(_BAR_WIDTH * count / most), 1) if count else ""
        table.add_row(label, f"[blue]{bar}[/]", shown(count))
    return table


def _length(value: float) -> str:
    if value < 60:
        return f"{value:g} s"
    return f"{value / 60:g} min" if value < 3_600 else f"{value / 3_600:g} h"
