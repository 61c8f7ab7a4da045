"""`clickstream jobs list | run | history | logs | stop`."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Annotated

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Run = Annotated[str, typer.Argument(help="A run's id or its beginning, or a job: its latest.")]


def register(app: typer.Typer) -> None:
    """Add the group of subcommands."""
    jobs = typer.Typer(help="The Glue jobs of the running cloud, and their runs.")
    jobs.command("list")(list_jobs)
    for command in (run, history, logs, stop):
        jobs.command()(command)
    app.add_typer(jobs, name="jobs", no_args_is_help=True)


def list_jobs(as_json: _Json = False) -> None:
    """The deployed jobs: how each runs, what starts it, and its latest run."""
    from localaws.clients import Clients
    from localaws.runs.listing import read_jobs
    from localaws.runs.show import job_lines
    from localaws.runs.store import RunStore
    from localaws.state import StateFolder

    state = StateFolder.from_environment()
    found = read_jobs(Clients(state.expect_running().endpoint), RunStore(state.runs))
    if as_json:
        typer.echo(json.dumps(found))
    else:
        typer.echo("\n".join(job_lines(found)))


def run(
    name: Annotated[str, typer.Argument(help="The job.")],
    arg: Annotated[
        list[str] | None, typer.Option(help="An argument of the run, key=value; may be repeated.")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait for the end; Ctrl-C stops the run then.")] = True,
    until_drained: Annotated[
        bool, typer.Option(help="Of a streaming job: end when its streams have nothing left.")
    ] = False,
    run_id: Annotated[str | None, typer.Option(help="The id of the run.", hidden=True)] = None,
    as_json: _Json = False,
) -> None:
    """Start a run as `aws glue start-job-run` does; exit code 1 unless it succeeds."""
    from localaws.runs.detached import start_detached
    from localaws.runs.record import new_run_id
    from localaws.runs.recorded import RunRequest
    from localaws.runs.runner import Runner
    from localaws.runs.show import line
    from localaws.state import StateFolder

    state = StateFolder.from_environment()
    engine = ("--until", "drained") if until_drained else ()
    request = RunRequest(name, _arguments(arg or []), engine, run_id or new_run_id())
    if wait:
        with Runner(state) as runner:
            started = runner.start(request)
            with suppress(KeyboardInterrupt):  # the runner's end stops the run
                typer.echo(f"{name} {request.run_id}: started, log {started.record.log}", err=True)
                runner.wait()
        record = started.record
    else:
        state.expect_running()
        options = [part for pair in arg or [] for part in ("--arg", pair)]
        options += ["--until-drained"] if until_drained else []
        record = start_detached(state, request.run_id, [name, *options])
    typer.echo(json.dumps(record.to_json()) if as_json else line(record))
    if record.ended and record.state != "SUCCEEDED":
        raise typer.Exit(1)


def history(
    name: Annotated[str | None, typer.Argument(help="The job; without it, of all.")] = None,
    count: Annotated[int, typer.Option("-n", min=1, help="Runs shown, the latest first.")] = 20,
    as_json: _Json = False,
) -> None:
    """The runs so far, also those of clouds that have ended."""
    from localaws.runs.show import run_lines
    from localaws.runs.store import RunStore
    from localaws.state import StateFolder

    records = RunStore(StateFolder.from_environment().runs).records(name)[:count]
    if as_json:
        typer.echo(json.dumps([record.to_json() for record in records]))
    else:
        typer.echo("\n".join(run_lines(records)))


def logs(
    run: _Run,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the run ends.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Lines.")] = False,
) -> None:
    """What a run has printed; of one that was tried again, the latest attempt."""
    from localaws.runs.logs import log_lines
    from localaws.runs.store import RunStore
    from localaws.state import StateFolder

    store = RunStore(StateFolder.from_environment().runs)
    try:
        for text in log_lines(store, store.find(run), follow=follow):
            typer.echo(json.dumps({"line": text}) if as_json else text)
    except KeyboardInterrupt:
        return


def stop(run: _Run, as_json: _Json = False) -> None:
    """Stop a run and wait: a stream's batch in hand is finished, if within five minutes."""
    from localaws.runs.logs import wait_for_end
    from localaws.runs.show import line
    from localaws.runs.store import RunStore
    from localaws.state import StateFolder

    store = RunStore(StateFolder.from_environment().runs)
    found = store.find(run)
    store.request_stop(found)
    record = wait_for_end(store, found)
    typer.echo(json.dumps(record.to_json()) if as_json else line(record))


def _arguments(pairs: list[str]) -> dict[str, str]:
    from localaws.errors import LocalCloudError

    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip("-"):
            raise LocalCloudError(f"--arg: found {pair!r}; allowed is key=value")
        found[f"--{key.lstrip('-')}"] = value
    return found
