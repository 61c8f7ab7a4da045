"""Child processes that cannot be left behind.

Every child runs in a session of its own and carries the run's mark in its environment, which its
own children inherit (Lambda workers, JVM, Python workers). What is left is therefore counted and
not believed, and a guard process ends it all when this process dies without a word.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from localaws.errors import LocalCloudError

MARK = "CLICKSTREAM_RUN"
_KILL_SECONDS = 5.0


def survivors(run_id: str) -> list[psutil.Process]:
    """The living processes that carry the run's mark, this one and zombies apart."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.environ().get(MARK) == run_id:
                found.append(process)
    return found


def kill_all(run_id: str) -> int:
    """Kill every process of the run, also those born meanwhile; returns how many are left."""
    for _ in range(3):
        left = survivors(run_id)
        if not left:
            return 0
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=_KILL_SECONDS)
    return len(survivors(run_id))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore Ctrl-C and SIGTERM inside, so that a clean-up is not cut short."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@dataclass(frozen=True)
class Child:
    """A running part of the cloud: its name, its process and its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def running(self) -> bool:
        """Whether the process is still there."""
        return self.process.poll() is None

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end, at most `seconds`; whether it ended."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return not self.running

    def log_tail(self, lines: int = 15) -> str:
        """The last lines of the log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.rstrip().splitlines()[-lines:])

    def stop(self, patience: float = 10.0) -> None:
        """SIGTERM, wait `patience` seconds, then SIGKILL."""
        if not self.running:
            return
        self.process.terminate()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(_KILL_SECONDS)


class Supervisor:
    """Starts the parts of one run and ends them, last started first.

    Attributes:
        run_id: mark of the run's processes.
        logs: folder of the parts' logs.
        environment: what each part gets that starts from now on.
    """

    def __init__(self, run_id: str, logs: Path, environment: Mapping[str, str]) -> None:
        self.run_id = run_id
        self.logs = logs
        self.environment = dict(environment) | {MARK: run_id}
        self._children: list[Child] = []
        self._lock = threading.Lock()
        self._closed = False
        self._guard = self._start_guard()

    def _start_guard(self) -> subprocess.Popen[bytes]:
        # The guard reads a pipe whose other end only this process holds: its end is our end.
        return subprocess.Popen(
            [sys.executable, "-m", "localaws.guard", self.run_id],
            stdin=subprocess.PIPE,
            start_new_session=True,
            cwd=Path(__file__).parents[1],
        )

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Child:
        """Start a part; its output goes to `<logs>/<name>.log`.

        Raises:
            LocalCloudError: the program is not there, or the run is being ended.
        """
        log = self.logs / f"{name}.log"
        # A thread may still be starting parts while the main thread ends the run: what is started
        # is known to `close`, and after `close` nothing is started.
        with self._lock, log.open("ab") as output:
            if self._closed:
                raise LocalCloudError(f"{name}: not started, for the run has ended")
            try:
                process = subprocess.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=self.environment | dict(environment or {}),
                    cwd=cwd,
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise LocalCloudError(f"{name}: program {command[0]!r} is not there") from error
            child = Child(name, process, log)
            self._children.append(child)
        return child

    @property
    def closed(self) -> bool:
        """Whether the run is ended, or being ended."""
        return self._closed

    def pids(self) -> dict[str, int]:
        """Process ids of the running parts by name."""
        with self._lock:
            children = list(self._children)
        return {child.name: child.process.pid for child in children if child.running}

    def close(self) -> int:
        """End everything; returns how many processes of the run are left, which should be 0."""
        # Set before the lock is ours, for a thread that starts part after part may keep it long.
        self._closed = True
        with self._lock:
            children = list(self._children)
        for child in reversed(children):
            child.stop()
        left = kill_all(self.run_id)
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._guard.wait(_KILL_SECONDS)
        left += int(self._guard.poll() is None)
        return left
