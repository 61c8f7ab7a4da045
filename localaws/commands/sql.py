"""`clickstream sql`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from catalog.registry import DATABASE
from localaws.errors import LocalCloudError

_FOR_PEOPLE = 100


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(sql)


def sql(
    query: Annotated[str | None, typer.Argument(help="One SELECT, in DuckDB's SQL.")] = None,
    database: Annotated[str, typer.Option(help="Of the Data Catalog.")] = DATABASE,
    lake: Annotated[
        Path | None, typer.Option(help="A folder of Delta tables, instead of a running cloud.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Rows printed; without it 100 for people, else all.")
    ] = None,
    tables: Annotated[bool, typer.Option("--tables", help="List the tables.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """SQL over the lake and the tables of the running cloud, by their names in the Data Catalog.

    Reads only. Of a Delta table the files that the WHERE clause can need are opened; a DynamoDB
    table that the query names is scanned whole. What was read is said on stderr.
    """
    from localaws.clients import clients_of
    from localaws.query import engine, printing
    from localaws.query.tables import catalog_tables, folder_tables
    from localaws.state import StateFolder

    if as_json and as_csv:
        raise LocalCloudError("sql: found --json and --csv; choose one")
    clients = None if lake else clients_of(StateFolder.from_environment())
    found = folder_tables(lake) if lake else catalog_tables(clients["glue"], database)  # type: ignore[index]
    if tables:
        listed = printing.tables_json(found)
        _print_json(listed) if as_json else Console().print(printing.table_list(found.values()))
        return
    if not query:
        raise LocalCloudError('sql: no query; write one, as in `clickstream sql "select 1"`')
    most = limit or (None if as_json or as_csv else _FOR_PEOPLE)
    answer = engine.run(query, found, clients, database="" if lake else database, limit=most)
    if as_json:
        _print_json(printing.to_json(answer))
    elif as_csv:
        printing.write_csv(answer, sys.stdout)
    else:
        Console().print(printing.picture(answer))
    for sentence in printing.footer(answer):
        typer.echo(sentence, err=True)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value))
