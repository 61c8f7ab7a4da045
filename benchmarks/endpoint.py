"""An endpoint of a benchmark on 127.0.0.1, in a process of its own: `python -m MODULE` prints its
URL, and serves until its input is closed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from localaws.environment import ROOT

_END_SECONDS = 10


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[str]:
    """The URL, once it serves; afterwards the process has ended."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield next(iter(process.stdout or ()), "").strip()
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.wait(_END_SECONDS)
