"""The command `clickstream`."""

from __future__ import annotations

import signal
import sys

import typer

from localaws.commands import register
from localaws.errors import LocalCloudError

app = typer.Typer(
    help="Glue Clickstream on this machine.", no_args_is_help=True, add_completion=False
)
register(app)


def main() -> None:
    """Entry point: an error is one line that says what to do, and a stop is always orderly."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        app(standalone_mode=True)
    except LocalCloudError as error:
        typer.echo(f"clickstream: {error}", err=True)
        sys.exit(1)


def _interrupt(*_: object) -> None:
    """Take SIGTERM and SIGHUP for Ctrl-C, so that what was started is ended."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
