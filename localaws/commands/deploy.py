"""`clickstream deploy | destroy`."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add the subcommands."""
    app.command()(deploy)
    app.command()(destroy)


ENV = typer.Option("--env", help="A file infra/environments/NAME.toml; local is the cloud here.")
YES = typer.Option("--yes", help="Do it without asking.")


def deploy(
    env: Annotated[str, ENV] = "local",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    yes: Annotated[bool, YES] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter, over that of the file."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the change set as JSON.")] = False,
) -> None:
    """Deploy the template and the code of this checkout: what would change is shown first."""
    from localaws.deployment import show
    from localaws.deployment.opening import change_set_name, open_deployment
    from localaws.environment import ROOT

    console = Console(stderr=as_json)
    deployment = open_deployment(env, settings or [])
    proposal = deployment.propose(ROOT, change_set_name(), upload=not dry_run)
    if as_json:
        typer.echo(json.dumps(show.to_json(proposal)))
    show.show_proposal(proposal, console)
    if not proposal.changes:
        return
    if dry_run or not (yes or _confirmed(f"deploy this to {env}?")):
        deployment.discard(proposal)
        console.print("nothing was changed")
        return
    status = deployment.execute(proposal, lambda event: show.show_event(event, console))
    console.print(f"stack {deployment.stack.name}: {status}")
    show.show_restarts(proposal.restarts, console)


def _confirmed(question: str) -> bool:
    """Whether somebody says yes; Ctrl-C, and no terminal to ask at, are a no."""
    try:
        return typer.confirm(question)
    except typer.Abort:
        return False


def destroy(
    env: Annotated[str, ENV],
    delete_data: Annotated[
        bool,
        typer.Option(
            "--delete-data", help="Also the tables that outlive the stack, and all in the bucket."
        ),
    ] = False,
    confirm: Annotated[
        str | None,
        typer.Option("--confirm", help="The environment's name again, instead of asking for it."),
    ] = None,
) -> None:
    """Delete what was deployed; tables, bucket and lake stay, without --delete-data."""
    from localaws.deployment import show
    from localaws.deployment.destroying import Destruction
    from localaws.deployment.opening import open_environment

    console = Console()
    environment, clients = open_environment(env)
    destruction = Destruction(environment, clients)
    for line in destruction.plan(delete_data=delete_data):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    asked = confirm or typer.prompt(f"type {env} to do it", default="", show_default=False)
    if asked != env:
        console.print(f"nothing was changed: found {asked!r}, allowed is {env!r}")
        raise typer.Exit(1)
    destruction.run(lambda event: show.show_event(event, console), delete_data=delete_data)
    console.print(f"stack {environment.stack}: gone")
