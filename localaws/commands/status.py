"""`clickstream status`."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(status)


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """What runs, where it listens, and where it stands."""
    from localaws.state import StateFolder
    from localaws.status import read_cloud_status

    found = read_cloud_status(StateFolder.from_environment())
    if as_json:
        typer.echo(json.dumps(found))
    elif not found["running"]:
        typer.echo("nothing runs from this folder; `clickstream up` starts the cloud")
    else:
        _show(found, Console())


def _show(found: dict[str, Any], console: Console) -> None:
    table = Table(show_header=False, title=f"cloud since {found['started_at']}")
    for name, url in found["endpoints"].items():
        table.add_row(f"endpoint {name}", url)
    for name, process in found["processes"].items():
        state = "runs" if process["running"] else "[red]ended[/]"
        table.add_row(f"process {name}", f"{state}, {process['pid']}")
    if found["problem"] is None:
        _show_standing(found, table)
    else:
        table.add_row("[red]problem[/]", escape(found["problem"]))
    table.add_row("logs", escape(found["logs"]))
    console.print(table)


def _show_standing(found: dict[str, Any], table: Table) -> None:
    waiting = sum(found["waiting"].values())
    table.add_row(f"stream {found['stream']}", f"{waiting:,} records wait for the job")
    job = found["job"]
    counts = ", ".join(f"{value:,} {name}" for name, value in job.items())
    table.add_row(f"job {found['job_name']}", counts)
    for shard in found["mappings"]:
        function = shard["function"].rpartition(":")[2]
        counts = f"{shard['pending']} pending, {shard['discarded']} given up"
        broken = f", [red]broken down[/]: {escape(shard['error'])}" if shard["error"] else ""
        table.add_row(f"mapping {function}", counts + broken)
    for name, count in found["tables"].items():
        table.add_row(f"table {name}", f"{count:,} items")
