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
    except Exception as error:
        text = _of_aws(error)
        if text is None:
            raise
        typer.echo(f"clickstream: {text}", err=True)
        sys.exit(1)


def _of_aws(error: Exception) -> str | None:
    """What AWS, or the way to it, says in one line; None of another error."""
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        found = error.response.get("Error", {})
        code, message = found.get("Code", "unknown error"), found.get("Message", "")
        text = f"AWS refused {error.operation_name}: {code}: {message}"
    elif isinstance(error, BotoCoreError):
        text = f"AWS: {type(error).__name__}: {error}"
    else:
        return None
    return " ".join(text.split())


def _interrupt(*_: object) -> None:
    """Take SIGTERM and SIGHUP for Ctrl-C, so that what was started is ended."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
