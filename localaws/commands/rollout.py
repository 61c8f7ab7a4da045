"""`clickstream rollout status | start`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from localaws.commands.deploy import ENV

if TYPE_CHECKING:
    from localaws.rollout.rollout import Rollout, Standing


def register(app: typer.Typer) -> None:
    """Add the group of subcommands."""
    rollout = typer.Typer(help="Versions of the streaming jobs.", no_args_is_help=True)
    for command in (status, start):
        rollout.command()(command)
    app.add_typer(rollout, name="rollout")


def status(
    env: Annotated[str, ENV] = "local",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Each streaming job: the version that is deployed, and the one that runs."""
    standings = _open(env).standings()
    if as_json:
        typer.echo(json.dumps({"jobs": [_to_json(each) for each in standings]}))
    else:
        Console().print(_table(standings))


def start(
    job: Annotated[
        str | None, typer.Argument(help="Of all that run an old version, without a name.")
    ] = None,
    env: Annotated[str, ENV] = "local",
    wait: Annotated[
        float,
        typer.Option(
            min=1, help="Seconds for the old run's last batch and the first of the new one."
        ),
    ] = 600.0,
) -> None:
    """Let the run finish its batch, and start what is deployed: it goes on from the checkpoint."""
    console = Console()
    rollout = _open(env)
    names = [job] if job else [each.job for each in rollout.standings() if each.behind]
    if not names:
        console.print("every run is of what is deployed")
    for name in names:
        rollout.start(name, wait, lambda text: console.print(text, highlight=False, soft_wrap=True))


def _open(env: str) -> Rollout:
    from localaws.deployment.opening import open_environment
    from localaws.deployment.template import load_template
    from localaws.rollout.rollout import Rollout
    from localaws.rollout.runs import GlueRuns, LocalRuns
    from localaws.state import StateFolder

    environment, clients = open_environment(env)
    state = StateFolder.from_environment()
    runs = LocalRuns(state) if environment.is_local else GlueRuns(clients)
    return Rollout(environment, clients, load_template(), runs)


def _to_json(standing: Standing) -> dict[str, Any]:
    run = standing.run
    return {
        "job": standing.job,
        "deployed": standing.deployed,
        "run": None if run is None else vars(run),
        "finished_batch": standing.finished,
        "behind": standing.behind,
    }


def _table(standings: list[Standing]) -> Table:
    table = Table()
    for name in ("job", "deployed", "runs", "state", "since", "last batch", ""):
        table.add_column(name)
    for each in standings:
        run = each.run
        table.add_row(
            each.job,
            each.deployed,
            "-" if run is None else run.version or ("the same" if run.current else "an older one"),
            "-" if run is None else run.state,
            "-" if run is None else run.started_at,
            "-" if each.finished is None else str(each.finished),
            "[yellow]to be started anew[/]" if each.behind else "",
        )
    return table
