"""A discovery for people."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from localaws.discovery import Discovery
from localaws.hive_kinds import hive_type


def picture(found: Discovery, name: str) -> RenderableType:
    """The columns, the time, and what could not be used."""
    return Group(_columns(found, name), *_sentences(found))


def _columns(found: Discovery, name: str) -> Table:
    title = f"{name}: {found.objects:,} of {found.sampled:,} records are JSON objects"
    table = Table(box=SIMPLE, title=escape(title), title_justify="left")
    table.add_column("column", no_wrap=True)
    table.add_column("type")
    table.add_column("in", justify="right")
    table.add_column("time", no_wrap=True)
    table.add_column("example", no_wrap=True, overflow="ellipsis", max_width=40)
    for column in found.columns:
        mark = " [green]*[/]" if column.name == found.timestamp else ""
        table.add_row(
            escape(column.name),
            escape(hive_type(column.kind)),
            f"{found.share(column):.0%}",
            f"{column.time or ''}{mark}",
            escape(column.example or "always null"),
        )
    return table


def _sentences(found: Discovery) -> list[str]:
    time = f"* the time of the event: {found.timestamp}" if found.timestamp else "no time was found"
    other_case = [c for c in found.columns if c.keys != (c.name,)]
    return [
        escape(time),
        *(
            escape(f"{column.name} arrives as {', '.join(column.keys)}: the Data Catalog")
            + " lower-cases names, so a reader that minds the case finds nothing"
            for column in other_case
        ),
        *(
            f"[red]{trouble.count:,} records are {trouble.reason}[/], the first {trouble.first}"
            for trouble in found.troubles
        ),
        *(f"left out, no column can have this name: {escape(ascii(n))}" for n in found.unusable),
    ]
