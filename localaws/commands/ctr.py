"""`clickstream ctr plot`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the group of subcommands."""
    ctr = typer.Typer(help="Click-through rates of sites.", no_args_is_help=True)
    # A group of one command; without a callback typer would make the command itself of it.
    ctr.callback()(lambda: None)
    ctr.command()(plot)
    app.add_typer(ctr, name="ctr")


def plot(
    site: Annotated[str, typer.Argument(help="As the actions name it.")],
    out: Annotated[Path, typer.Option(help="To be written: .png, .svg or .pdf.")] = Path("ctr.png"),
    begin: Annotated[
        str | None, typer.Option("--from", help="First window, such as 2026-01-31T12:00:00Z.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last window, likewise.")] = None,
) -> None:
    """A site's counts, click-through rate with what is expected, and score, with its incidents.

    Reads the tables at AWS_ENDPOINT_URL, else those of the running cloud.
    """
    from localaws.clients import clients_of
    from localaws.ctr.plot import check_target, save
    from localaws.ctr.series import read_history
    from localaws.state import StateFolder

    target = check_target(out)
    history = read_history(clients_of(StateFolder.from_environment()), site, begin, end)
    save(history, target)
    typer.echo(f"{len(history.windows):,} windows drawn to {target}")
