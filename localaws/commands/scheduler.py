"""`clickstream scheduler`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from localaws.scheduler.due import CatchUp

if TYPE_CHECKING:
    from localaws.scheduler.engine import Told


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(scheduler)


def scheduler(
    speed: Annotated[
        float | None,
        typer.Option(min=1.0, help="A clock that goes so many times as fast; it waits for runs."),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="When that clock starts, ISO 8601; without it now.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="End at this time, ISO 8601.")] = None,
    length: Annotated[
        str | None, typer.Option("--for", help="End after so long, such as '24 hours'.")
    ] = None,
    catch_up: Annotated[
        CatchUp,
        typer.Option(help="Firings missed while nobody fired: none, one for all of them, or each."),
    ] = "once",
    runs_take_time: Annotated[
        bool, typer.Option(help="The fast clock goes on while a run does.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help="A trigger to fire, or a schedule, group/name; may be repeated."),
    ] = None,
    activate: Annotated[
        list[str] | None,
        typer.Option(help="A trigger that is activated first; may be repeated."),
    ] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Forget what was fired before.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Lines.")] = False,
) -> None:
    """Fire the triggers and schedules of the running cloud, until Ctrl-C.

    Triggers that are activated start runs of their jobs, schedules invoke their functions.
    """
    from localaws.errors import LocalCloudError
    from localaws.scheduler.keep import Keeper, Plan
    from localaws.state import StateFolder

    if speed is None and start is not None:
        raise LocalCloudError("--from: the machine's clock starts now; give --speed with it")
    begun = _time("--from", start) if start else datetime.now(UTC)
    plan = Plan(
        start=begun,
        speed=speed,
        until=_until(begun, until, length),
        catch_up=catch_up,
        runs_take_time=runs_take_time or speed is None,
        anew=anew,
        only=only or (),
        activate=activate or (),
    )
    try:
        Keeper(
            StateFolder.from_environment(), plan, lambda told: typer.echo(_text(told, as_json))
        ).keep()
    except KeyboardInterrupt:
        return


def _until(now: datetime, until: str | None, length: str | None) -> datetime | None:
    from localaws.durations import millis
    from localaws.errors import LocalCloudError

    if until and length:
        raise LocalCloudError("--until and --for: both say when to end; give one of them")
    if length:
        return now + timedelta(milliseconds=millis("--for", length))
    return _time("--until", until) if until else None


def _time(option: str, text: str) -> datetime:
    from localaws.errors import LocalCloudError

    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise LocalCloudError(
            f"{option}: found {text!r}; allowed is ISO 8601, such as 2026-03-01T00:00:00Z"
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _text(told: Told, as_json: bool) -> str:
    at = told.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if as_json:
        return json.dumps({"at": at, "name": told.name, "what": told.what, "detail": told.detail})
    return f"{at}  {told.name}  {told.what}  {told.detail}"
