"""The job as a process of `gluelocal run`, and the line of JSON that it logs for each batch."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from localaws.environment import ROOT

SCRIPT: Final = ROOT / "glue_jobs" / "price_candidates.py"
_END_SECONDS: Final = 60.0


class BenchmarkError(RuntimeError):
    """Raised when a program under measurement did not do what was asked."""


@dataclass(frozen=True)
class Line:
    """A line that a program wrote, and when (`time.perf_counter`)."""

    at: float
    value: dict[str, Any]


def parse_line(text: str) -> dict[str, Any] | None:
    """The JSON object at the end of a line of a log, or None."""
    begin = text.find("{")
    if begin < 0:
        return None
    try:
        found = json.loads(text[begin:])
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


class Program:
    """A process whose lines of JSON are followed; both its outputs go to `log` too."""

    def __init__(self, command: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._pause = threading.Event()
        self._lines: queue.Queue[Line | None] = queue.Queue()
        self._process = subprocess.Popen(
            command, env=dict(environment), cwd=log.parent, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def tell(self, value: Mapping[str, Any]) -> None:
        """Send a line of JSON to its standard input."""
        self._process.stdin.write(json.dumps(value) + "\n")  # type: ignore[union-attr]

    def next_line(self, seconds: float, key: str) -> Line:
        """The next line that holds `key`.

        Raises:
            BenchmarkError: it ended, or was silent for too long; the message ends its log.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(deadline - time.monotonic(), 0.001))
            except queue.Empty:
                raise BenchmarkError(f"no {key!r} in {seconds:g} s; {self._tail()}") from None
            if line is None:
                raise BenchmarkError(f"the program has ended; {self._tail()}")
            if key in line.value:
                return line

    def wait_for_file(self, path: Path, seconds: float) -> None:
        """Wait until the file is there.

        Raises:
            BenchmarkError: it has not come, or the program has ended.
        """
        deadline = time.monotonic() + seconds
        while not path.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise BenchmarkError(f"no file {path}; {self._tail()}")
            self._pause.wait(0.01)

    def end(self) -> None:
        """Close its input, ask it to end, and wait."""
        if self._process.poll() is None:
            self._process.stdin.close()  # type: ignore[union-attr]
            self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join()

    def _follow(self) -> None:
        with self.log.open("w") as log:
            for text in self._process.stdout:  # type: ignore[union-attr]
                now = time.perf_counter()
                log.write(text)
                log.flush()
                value = parse_line(text)
                if value is not None:
                    self._lines.put(Line(now, value))
        self._lines.put(None)

    def _tail(self) -> str:
        with self.log.open() as log:
            return f"{self.log} ends:\n{''.join(deque(log, 15))}"


@contextmanager
def job(
    environment: Mapping[str, str], folder: Path, options: Mapping[str, str]
) -> Iterator[Program]:
    """The job under `gluelocal run`, one batch after the other, until the block ends."""
    arguments = {
        "JOB_NAME": "price_candidates",
        "checkpoint-path": str(folder / "checkpoint"),
        **options,
    }
    engine = ["--until", "drained", "--log-file", str(folder / "job-spark.log")]
    command = [
        *(sys.executable, "-m", "gluelocal.cli", "run", str(SCRIPT), *engine, "--"),
        *(part for key, value in arguments.items() for part in (f"--{key}", value)),
    ]
    program = Program(command, environment, folder / "job.log")
    try:
        yield program
    finally:
        program.end()
