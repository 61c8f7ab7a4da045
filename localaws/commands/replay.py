"""`clickstream replay`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from localaws.ctr.settings import DEFAULT_PROFILE, Profile
from localaws.sessions.settings import SessionMode
from localaws.workloads import JobName


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(replay)


def replay(
    file: Annotated[Path, typer.Argument(help="JSON Lines, or CSV with a header (.csv).")],
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="field=column, as often as needed.")
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(min=0.001, help="Recorded seconds a second; without it as fast as possible."),
    ] = None,
    window: Annotated[int, typer.Option(min=1, help="Window of a cloud started for it, s.")] = 10,
    allowed_lateness: Annotated[
        str | None, typer.Option(help="Of a cloud started for it, as `up` takes it.")
    ] = None,
    job: Annotated[
        JobName | None,
        typer.Option(
            help="The job that the events go through; without it the running cloud's, else"
            " price_candidates."
        ),
    ] = None,
    gap: Annotated[
        str, typer.Option(help="Of click_sessions in a cloud started for it, as `up` takes it.")
    ] = "30 minutes",
    mode: Annotated[SessionMode, typer.Option(help="Of the same, as `up` takes it.")] = "live",
    profile: Annotated[
        Profile, typer.Option(help="Of ctr_anomalies likewise, as `up` takes it.")
    ] = DEFAULT_PROFILE,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Recorded events through the running cloud, or one started for them, then a report.

    Events are sent in the order of their times, which may be ms, s or ISO-8601. They are records
    of the stream that the job reads.
    """
    from localaws.ctr.settings import CtrSettings
    from localaws.display import Display
    from localaws.recordings import parse_mapping, read_recording
    from localaws.replay import ReplayOptions, job_of, run_replay
    from localaws.sessions.settings import SessionSettings
    from localaws.state import StateFolder
    from localaws.workloads import LATENESS, stream_of

    state = StateFolder.from_environment()
    of_job = job_of(job, state)
    stream = stream_of(of_job)
    recording = read_recording(file, parse_mapping(mapping or [], stream), stream)
    options = ReplayOptions(
        speed=speed,
        window_seconds=window,
        allowed_lateness=allowed_lateness or LATENESS,
        job=of_job,
        sessions=SessionSettings(gap, mode, allowed_lateness or LATENESS),
        ctr=CtrSettings(profile, allowed_lateness),
    )
    report = run_replay(recording, options, state, Display())
    if as_json:
        typer.echo(json.dumps(report.to_json()))
    else:
        report.show(Console())
