"""`clickstream lab sessions | ctr`."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from localaws.ctr.settings import Profile
from localaws.lab.ctr import Arrivals


def register(app: typer.Typer) -> None:
    """Add the group of subcommands."""
    lab = typer.Typer(help="Labs played anew, and their results checked.", no_args_is_help=True)
    lab.command()(sessions)
    lab.command()(ctr)
    app.add_typer(lab, name="lab")


def sessions(
    users: Annotated[int, typer.Option(min=1, help="Users that click.")] = 3,
    events: Annotated[int, typer.Option(min=1, help="Events in all.")] = 3_000,
    interval: Annotated[
        float, typer.Option(min=0.001, help="Between two events, seconds of event time.")
    ] = 2,
    pause: Annotated[
        float, typer.Option(min=0, help="Pause of all users, seconds of event time.")
    ] = 15,
    every: Annotated[int, typer.Option(min=1, help="Events from pause to pause.")] = 60,
    speed: Annotated[
        float, typer.Option(min=0.001, help="Seconds of event time a second; 1 is the lab's pace.")
    ] = 60,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same clicks.")] = 7,
    gap: Annotated[
        str | None,
        typer.Option(
            help="A longer pause ends a session; without it 10 seconds, or the running cloud's."
        ),
    ] = None,
    window: Annotated[int, typer.Option(min=1, help="Window of a cloud started for it, s.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """The sessionization lab: its clicks through the session job, its sessions as they come.

    The lab ran on Kinesis Data Analytics for SQL. Its users click every couple of seconds and
    pause after every 60 events; a pause of more than 10 seconds ends a session. Here the same
    stream goes through the running cloud, or one started for it, and at the end the sessions are
    compared with a plain calculation on what was sent: exit code 1 when they differ.
    """
    from localaws.display import Display
    from localaws.lab.play import PlayOptions, run_lab
    from localaws.lab.sessions import LabOptions
    from localaws.state import StateFolder

    lab = LabOptions(users, events, interval, pause, every, seed)
    options = PlayOptions(lab, speed, gap, window)
    report = run_lab(options, StateFolder.from_environment(), Display())
    if as_json:
        typer.echo(json.dumps(report.to_json()))
    else:
        report.show(Console())
    if not report.agreement.agrees:
        raise typer.Exit(1)


def ctr(
    warm_up: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Usual traffic before the burst, seconds of event time; without it 360, in"
            " profile lab 300.",
        ),
    ] = None,
    speed: Annotated[
        float,
        typer.Option(
            min=1,
            help="Seconds of event time a second; at 1, the lab's pace, no action says its time.",
        ),
    ] = 1,
    profile: Annotated[
        Profile | None,
        typer.Option(help="How windows are judged; without it default, or the running cloud's."),
    ] = None,
    arrivals: Annotated[
        Arrivals,
        typer.Option(
            help="A sender's records: by the clock (even), each a little off (jitter), or"
            " independent of each other (poisson)."
        ),
    ] = "jitter",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same actions.")] = 7,
    window: Annotated[
        int, typer.Option(min=1, help="Micro-batch of a cloud started for it, s.")
    ] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """The click-through-rate lab: its burst of clicks through the job, and what is told of it.

    The lab ran on Kinesis Data Analytics for SQL. One sender of impressions and one of clicks, a
    record a second each; after the warm-up three more senders of clicks for 20 seconds; then as
    before, until an incident is over. Exit code 1 when the burst was not found.
    """
    from localaws.display import Display
    from localaws.lab.ctr_play import CtrPlayOptions, run_ctr_lab
    from localaws.state import StateFolder

    options = CtrPlayOptions(warm_up, speed, profile, arrivals, seed, window)
    report = run_ctr_lab(options, StateFolder.from_environment(), Display())
    if as_json:
        typer.echo(json.dumps(report.to_json()))
    else:
        report.show(Console())
    if not report.verdict.found:
        raise typer.Exit(1)
