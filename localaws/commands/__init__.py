"""Subcommands of `clickstream`: each module has `register`, and is listed here."""

from types import ModuleType

import typer

from localaws.commands import (
    alerts,
    costs,
    crawlers,
    ctr,
    demo,
    deploy,
    detect,
    discover,
    jobs,
    lab,
    replay,
    rollout,
    scheduler,
    sessions,
    sql,
    status,
    up,
)

MODULES: tuple[ModuleType, ...] = (
    up,
    demo,
    lab,
    sessions,
    alerts,
    ctr,
    detect,
    replay,
    discover,
    crawlers,
    sql,
    status,
    deploy,
    rollout,
    costs,
    jobs,
    scheduler,
)


def register(app: typer.Typer) -> None:
    """Add every subcommand to the command."""
    for module in MODULES:
        module.register(app)
