"""The JVM of a run: where its output goes, and how it ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gluelocal.faststart import ARCHIVE_VARIABLE, FastStart

_SECONDS_TO_END = 20
_SECONDS_TO_ARCHIVE = 240


def prepare(
    log_file: Path, conf_dir: Path, settings: Mapping[str, str], fast: FastStart | None
) -> None:
    """Decide how PySpark's JVM will be started, once the script asks for it.

    What the JVM prints goes to `log_file`; the script's own output stays on the terminal. The JVM
    gets a session of its own: a signal to the process group would end it in the middle of the
    batch that this process is about to let finish. It ends when this process does.
    """
    from pyspark import java_gateway

    def popen(command: list[str], **kwargs: Any) -> subprocess.Popen[bytes]:
        actual = fast.command(command, settings, conf_dir) if fast else command
        with log_file.open("ab") as log:
            return subprocess.Popen(
                actual, stdout=log, stderr=log, start_new_session=True, **kwargs
            )

    vars(java_gateway)["Popen"] = popen


def shut_down() -> None:
    """Stop Spark and wait until its JVM is gone, so that no process outlives the run."""
    from py4j.protocol import Py4JError
    from pyspark import SparkContext

    context, gateway = SparkContext._active_spark_context, SparkContext._gateway  # noqa: SLF001
    if gateway is None:
        return
    process: subprocess.Popen[bytes] | None = getattr(gateway, "proc", None)
    # A JVM that is gone already has nothing to stop.
    with contextlib.suppress(OSError, Py4JError):
        if context is not None:
            context.stop()
        gateway.shutdown()
    if process is not None:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()  # the gateway server ends when its standard input does
    try:
        process.wait(_SECONDS_TO_ARCHIVE if ARCHIVE_VARIABLE in os.environ else _SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
