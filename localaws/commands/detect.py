"""`clickstream detect`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(detect)


def detect(
    path: Annotated[Path, typer.Argument(help="A CSV file of a series, or a folder of them.")],
    labels: Annotated[
        Path | None,
        typer.Option(help="JSON of anomalies: windows or points, as NAB has them."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Scores as CSV: a file; for a folder a folder with the same paths."),
    ] = None,
    profile: Annotated[
        Literal["default", "lab"],
        typer.Option(help="default, or RANDOM_CUT_FOREST as the lab had it."),
    ] = "default",
    trees: Annotated[int | None, typer.Option(help="Trees of the forest.")] = None,
    sample: Annotated[int | None, typer.Option(help="Values that a tree keeps.")] = None,
    decay: Annotated[
        int | None, typer.Option(help="Values after which one counts as good as not.")
    ] = None,
    shingle: Annotated[int | None, typer.Option(help="Values in a row seen as one point.")] = None,
    threshold: Annotated[float | None, typer.Option(help="A higher score is an alert.")] = None,
    novelty: Annotated[
        int | None,
        typer.Option(help="An alert is above the scores of so many values before it; 0: any."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same scores.")] = None,
    timestamp_column: Annotated[
        str | None, typer.Option(help="Without it 'timestamp', or else the first.")
    ] = None,
    value_column: Annotated[
        str | None, typer.Option(help="Without it 'value', or else the next.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score the values of any series, and say which are anomalies.

    Each value is judged by those before it alone. With labels the alerts are rated as the Numenta
    Anomaly Benchmark rates them. docs/guides/detect.md says what the scores mean.
    """
    from localaws.detect.profiles import Changes
    from localaws.detect.profiles import profile as profile_of
    from localaws.detect.reading import Columns
    from localaws.detect.run import DetectOptions
    from localaws.detect.run import detect as run_detect
    from localaws.display import Display

    changes = Changes(trees, sample, decay, shingle, seed, threshold, novelty)
    columns = Columns(timestamp_column, value_column)
    options = DetectOptions(path, profile_of(profile, changes), out, labels, columns)
    report = run_detect(options, Display())
    if as_json:
        typer.echo(json.dumps(report.to_json()))
        return
    Console().print(report.picture())
    if out is not None:
        typer.echo(f"scores written to {out}")
