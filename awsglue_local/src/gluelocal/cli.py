"""The command `gluelocal`."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gluelocal.errors import GlueLocalError

app = typer.Typer(
    help="Run AWS Glue scripts on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Until(StrEnum):
    """What ends a run."""

    DRAINED = "drained"


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": False},
    epilog="Arguments after -- go to the script, as Glue job arguments do.",
)
def run(
    context: typer.Context,
    script: Annotated[str, typer.Argument(help="Script: a path or s3://bucket/key.")],
    until: Annotated[
        Until | None, typer.Option(help="End when the streams have nothing left.")
    ] = None,
    batches: Annotated[int | None, typer.Option(min=1, help="End after so many batches.")] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="End so long after the first stream started.")
    ] = None,
    extra_py_files: Annotated[str, typer.Option(help="Modules: .py, .zip or folders, a,b.")] = "",
    conf: Annotated[list[str] | None, typer.Option(help="Spark setting key=value.")] = None,
    jars_dir: Annotated[
        Path | None, typer.Option(envvar="GLUELOCAL_JARS", help="Folder of connector jars.")
    ] = None,
    cores: Annotated[int, typer.Option(min=1, help="Threads that run tasks.")] = min(
        2, os.cpu_count() or 2
    ),
    shuffle_partitions: Annotated[int, typer.Option(min=1, help="Partitions of a shuffle.")] = 2,
    log_file: Annotated[Path | None, typer.Option(help="Where Spark's log goes.")] = None,
    log_level: Annotated[str, typer.Option(help="Level of Spark's log.")] = "WARN",
    verbose: Annotated[bool, typer.Option(help="Print a failure's whole trace.")] = False,
) -> None:
    """Run SCRIPT as Glue would, against the AWS endpoints of the environment."""
    from gluelocal import launch
    from gluelocal.arguments import parse_conf
    from gluelocal.control import Bounds

    request = launch.Run(
        script=script,
        arguments=context.args,
        bounds=Bounds(until is Until.DRAINED, batches, seconds),
        extra_py_files=[part for part in extra_py_files.split(",") if part],
        conf=parse_conf(conf or []),
        jars_dir=jars_dir,
        cores=cores,
        shuffle_partitions=shuffle_partitions,
        log_file=log_file,
        log_level=log_level,
        verbose=verbose,
    )
    raise typer.Exit(launch.run(request))


@app.command()
def parity() -> None:
    """Print the page that says what of the Glue API runs locally."""
    from gluelocal.parity import render

    print(render(), end="")


@app.command(name="setup-jars")
def setup_jars(
    folder: Annotated[Path, typer.Option("--dir", help="Where the jars are kept.")],
    glue_version: Annotated[
        str, typer.Option(help="Whose jars: 6.0 for runs here, 5.1 for tests on PySpark 3.5.")
    ] = "6.0",
) -> None:
    """Fetch the jars of S3 and Delta Lake, and make later starts fast.

    Nothing is done when all is there.
    """
    from gluelocal import faststart, jars

    fetched = jars.install(folder, glue_version)
    state = "fetched and verified" if fetched else "verified"
    print(f"gluelocal: jars in {folder}: {state}", file=sys.stderr)
    if glue_version == jars.RUNS and faststart.prepare(folder):
        print("gluelocal: class archive for fast starts: made", file=sys.stderr)


def main() -> None:
    """Entry point: an error of the engine is one line, not a trace."""
    try:
        app()
    except GlueLocalError as error:
        print(f"gluelocal: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
