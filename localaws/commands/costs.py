"""`clickstream costs`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from localaws.commands.deploy import ENV

if TYPE_CHECKING:
    from localaws.costs.read import Card


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(costs)


def costs(
    env: Annotated[str, ENV] = "local",
    days: Annotated[
        int, typer.Option(min=1, max=60, help="Of an account: how far back its metrics count.")
    ] = 7,
    prices: Annotated[
        Path | None,
        typer.Option(help="A copy of infra/prices/us-east-1.toml with your prices."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """What the deployment costs a month at the volume observed: every line with its formula."""
    from localaws.costs.prices import PRICES, load_prices
    from localaws.costs.read import read_card
    from localaws.deployment.opening import open_environment

    priced = load_prices(prices or PRICES)
    environment, clients = open_environment(env)
    card = read_card(environment, clients, priced, days)
    if as_json:
        typer.echo(json.dumps(_to_json(card)))
    else:
        _show(card, Console())


def _to_json(card: Card) -> dict[str, Any]:
    return {
        "dollars_a_month": round(card.total, 2),
        "observed_seconds": card.volume.observed_seconds,
        "prices": {"region": card.prices.region, "as_of": card.prices.as_of},
        "assumptions": dict(card.prices.assumption),
        "lines": [vars(line) for line in card.lines],
    }


def _show(card: Card, console: Console) -> None:
    table = Table(title=f"a month, at the volume of the last {card.observed}")
    for name in ("service", "what", "formula"):
        table.add_column(name)
    table.add_column("USD", justify="right")
    for line in card.lines:
        dollars = f"{line.dollars:,.2f}"
        table.add_row(line.service, escape(line.what), escape(line.formula), dollars)
    table.add_section()
    table.add_row("", "all", "", f"[bold]{card.total:,.2f}[/]")
    console.print(table)
    console.print(
        f"List prices of {card.prices.region} as noted by hand, at the latest on"
        f" {card.prices.as_of}: check them before you decide by them. Without free tiers,"
        " discounts, taxes and data transfer. Assumed:",
        ", ".join(f"{name} {value:g}" for name, value in card.prices.assumption.items()),
        highlight=False,
        soft_wrap=True,
    )
