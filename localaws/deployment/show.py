"""A deployment for people: what changes, how far it is, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from localaws.deployment.changes import Change
from localaws.deployment.changesets import Event
from localaws.deployment.deploying import Proposal

_STYLES = {
    "add": "green",
    "import": "green",
    "modify": "yellow",
    "may replace": "magenta",
    "replace": "magenta",
    "remove": "red",
}


def show_proposal(proposal: Proposal, console: Console) -> None:
    """Print what a deployment would do."""
    if not proposal.changes:
        console.print("nothing changes: what is deployed is what stands here")
        return
    console.print(_table(proposal.changes))
    lost = [change for change in proposal.changes if change.loses]
    for change in lost:
        console.print(
            f"[bold red]{escape(change.logical)}: {change.action}: its {change.loses} would be"
            " lost[/]",
            highlight=False,
            soft_wrap=True,
        )
    for job in proposal.anew:
        console.print(
            f"[yellow]{job}: is given another checkpoint: it reads its stream from the oldest"
            " record on, and knows nothing of before[/]",
            highlight=False,
            soft_wrap=True,
        )
    show_restarts(proposal.restarts, console)


def show_restarts(jobs: Iterable[str], console: Console) -> None:
    """Print which jobs must be started anew, and how."""
    for job in jobs:
        console.print(
            f"{job}: a run that goes on keeps what it has until `clickstream rollout start {job}`",
            highlight=False,
            soft_wrap=True,
        )


def show_event(event: Event, console: Console) -> None:
    """Print how far a resource is."""
    status = str(event["ResourceStatus"])
    colour = "red" if "FAILED" in status else "green" if status.endswith("COMPLETE") else "dim"
    reason = event.get("ResourceStatusReason")
    console.print(
        f"[{colour}]{status:<20}[/] {escape(event['LogicalResourceId'])}"
        f"{f': {escape(reason)}' if reason else ''}",
        highlight=False,
        soft_wrap=True,
    )


def to_json(proposal: Proposal) -> dict[str, Any]:
    """The proposal as one object."""
    return {
        "change_set": proposal.change_set,
        "changes": [vars(change) for change in proposal.changes],
        "uploaded": proposal.uploaded,
        "restarts": proposal.restarts,
        "anew": proposal.anew,
    }


def _table(changes: Iterable[Change]) -> Table:
    table = Table()
    for name in ("action", "resource", "type", "what changes"):
        table.add_column(name)
    for change in changes:
        style = "bold red" if change.loses else _STYLES[change.action]
        table.add_row(
            f"[{style}]{change.action}[/]",
            escape(change.logical),
            change.kind.removeprefix("AWS::"),
            escape(", ".join(change.properties)),
        )
    return table
