"""`clickstream demo`."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(demo)


def demo(
    seconds: Annotated[float, typer.Option(min=1, help="How long the shop is open.")] = 60,
    seed: Annotated[
        int, typer.Option(min=0, help="The same seed gives the same shoppers and clicks.")
    ] = 7,
    window: Annotated[int, typer.Option(min=1, help="Window and micro-batch, seconds.")] = 10,
    products: Annotated[int, typer.Option(min=1, help="Products in the shop.")] = 24,
    rate: Annotated[float, typer.Option(min=0.1, help="Events a second, about.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """The whole price loop with the shop simulator, then a report.

    The same seed gives the same shoppers and clicks; what they buy follows the price that stands.
    """
    from localaws.demo import DemoOptions, run_demo
    from localaws.display import Display
    from localaws.state import StateFolder

    options = DemoOptions(seconds, seed, window, products, rate)
    report = run_demo(options, StateFolder.from_environment(), Display())
    if as_json:
        typer.echo(json.dumps(report.to_json()))
    else:
        report.show(Console())
