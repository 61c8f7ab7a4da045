"""`clickstream discover`."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from catalog.registry import DATABASE


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(discover)


def discover(
    stream: Annotated[str, typer.Argument(help="Name of the Kinesis stream.")],
    sample: Annotated[int, typer.Option(min=1, max=10_000, help="Records to look at.")] = 200,
    table: Annotated[
        str | None, typer.Option(help="Name of the table; without it the stream's.")
    ] = None,
    database: Annotated[str, typer.Option(help="Of the Data Catalog.")] = DATABASE,
    apply: Annotated[
        bool, typer.Option("--apply", help="Create the table, or add to the one that is there.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print Glue's TableInput; the table for people goes to stderr."
        ),
    ] = False,
) -> None:
    """The Data Catalog table of a stream, from a sample of its JSON records.

    Reads the stream at AWS_ENDPOINT_URL, else that of the running cloud. With --apply a table
    that is there keeps its columns, comments and types that take what was sampled.
    """
    from localaws import proposal
    from localaws.clients import clients_of
    from localaws.discovered import picture
    from localaws.discovery import discover as discover_columns
    from localaws.sampling import sample_stream
    from localaws.state import StateFolder

    clients = clients_of(StateFolder.from_environment())
    records = sample_stream(clients["kinesis"], stream, sample)
    found, name = discover_columns(records.records), proposal.table_name(table or stream)
    Console(stderr=as_json).print(picture(found, name))
    if not (as_json or apply):
        return
    proposed = proposal.propose(found, stream, records.stream_arn, name)
    if as_json:
        typer.echo(json.dumps(proposed))
    if apply:
        changes = proposal.apply(clients["glue"], database, found, proposed)
        for change in changes or ["nothing to change"]:
            typer.echo(f"{database}.{name}: {change}", err=as_json)
