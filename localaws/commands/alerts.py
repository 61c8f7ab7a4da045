"""`clickstream alerts tail`."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the group of subcommands."""
    alerts = typer.Typer(
        help="The messages of the running cloud, as email and SMS carry them.",
        no_args_is_help=True,
    )
    # A group of one command; without a callback typer would make the command itself of it.
    alerts.callback()(lambda: None)
    alerts.command()(tail)
    app.add_typer(alerts, name="alerts")


def tail(
    follow: Annotated[
        bool, typer.Option(help="Go on until Ctrl-C, or until the cloud ends.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Lines.")] = False,
) -> None:
    """Every message that was sent since the cloud started, each once: time, kind, site, text.

    They come from a queue that the topic delivers to beside the addresses. Reading takes nothing
    away: another tail shows them too.
    """
    from localaws.ctr.inbox import tail_messages
    from localaws.ctr.messages import lines
    from localaws.state import StateFolder

    try:
        for message in tail_messages(StateFolder.from_environment(), follow=follow):
            typer.echo(json.dumps(message) if as_json else lines(message))
    except KeyboardInterrupt:
        return
