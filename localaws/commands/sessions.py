"""`clickstream sessions tail | top | export`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from localaws.sessions.summary import By


def register(app: typer.Typer) -> None:
    """Add the group of subcommands."""
    sessions = typer.Typer(help="The sessions of the running cloud.", no_args_is_help=True)
    for command in (tail, top, export):
        sessions.command()(command)
    app.add_typer(sessions, name="sessions")


def tail(
    follow: Annotated[
        bool, typer.Option(help="Go on until Ctrl-C, or until the cloud ends.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Lines.")] = False,
) -> None:
    """Sessions as they stand, looked at every second: a line of each new or changed row.

    Of several changes between two looks the last is shown. Rows of events inside sessions (mode
    lab_all) are not in the table, so they are not shown.
    """
    from localaws.sessions.show import line
    from localaws.sessions.tail import tail_cloud
    from localaws.state import StateFolder

    try:
        for row in tail_cloud(StateFolder.from_environment(), follow=follow):
            typer.echo(json.dumps(row) if as_json else line(row))
    except KeyboardInterrupt:
        return


def top(
    by: Annotated[By, typer.Option(help="What the sessions are grouped by.")] = "user",
    count: Annotated[int, typer.Option("-n", min=1, help="Groups shown, largest first.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """How long sessions last, how many bounce and how many convert; and by user, device or page."""
    from localaws.clients import Clients
    from localaws.sessions.picture import picture
    from localaws.sessions.rows import read_sessions
    from localaws.sessions.summary import to_json
    from localaws.state import StateFolder

    running = StateFolder.from_environment().expect_running()
    rows = read_sessions(Clients(running.endpoint))
    if as_json:
        typer.echo(json.dumps(to_json(rows, by, count)))
    else:
        Console().print(picture(rows, by, count))


def export(
    file: Annotated[Path, typer.Argument(help="To be written: CSV (.csv) or JSON Lines (.jsonl).")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Sessions as a file: user_id, session_id, start, end, events; withdrawn ones are left out.

    An open session has neither end nor events yet.
    """
    from localaws.clients import Clients
    from localaws.sessions.export import check_target
    from localaws.sessions.export import export as export_rows
    from localaws.sessions.rows import read_sessions
    from localaws.state import StateFolder

    write = check_target(file, force=force)
    running = StateFolder.from_environment().expect_running()
    count = export_rows(read_sessions(Clients(running.endpoint)), file, write)
    typer.echo(f"{count:,} sessions written to {file}")
