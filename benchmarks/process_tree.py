"""What a process and all below it cost: CPU seconds, memory, and a pause button.

Memory is PSS: a page that several processes share counts once, split among them.
Source: proc(5), `/proc/pid/stat` and `/proc/pid/smaps_rollup`.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_SAMPLE_SECONDS: Final = 0.25


@dataclass(frozen=True)
class Stat:
    """One process: its parent, and the CPU seconds of itself and of its children that ended."""

    parent: int
    cpu_seconds: float


def parse_stat(text: str) -> Stat:
    """What a line of `/proc/pid/stat` says; the command in it may hold any characters."""
    fields = text.rpartition(")")[2].split()
    return Stat(int(fields[1]), sum(map(int, fields[11:15])) / _TICKS)


def parse_pss(text: str) -> int:
    """Bytes of PSS in a `/proc/pid/smaps_rollup`; 0 if the process has no memory left."""
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1_024
    return 0


def descendants(root: int, stats: Mapping[int, Stat]) -> set[int]:
    """`root` and every process below it."""
    below, grown = {root} & set(stats), True
    while grown:
        more = {pid for pid, stat in stats.items() if stat.parent in below} - below
        below, grown = below | more, bool(more)
    return below


class ProcessTree:
    """A process and all below it, as they are at the moment of each call."""

    def __init__(self, root: int) -> None:
        self._root = root

    def cpu_seconds(self) -> float:
        """User and system time, of processes that have ended too, once their parent knows."""
        stats = _stats()
        return sum(stats[pid].cpu_seconds for pid in descendants(self._root, stats))

    def memory_bytes(self) -> int:
        """PSS of all."""
        return sum(
            parse_pss(_read(Path(f"/proc/{pid}/smaps_rollup")))
            for pid in descendants(self._root, _stats())
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let a stopped tree run for a while."""
        self._signal(signal.SIGCONT)
        try:
            yield
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop all, so that they take no time from what is measured next."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let all run again."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for pid in sorted(descendants(self._root, _stats())):
            with suppress(ProcessLookupError):
                os.kill(pid, number)


class PeakMemory:
    """Samples the memory of a tree until it is closed; `bytes` is the most that was seen."""

    def __init__(self, tree: ProcessTree, seconds: float = _SAMPLE_SECONDS) -> None:
        self.bytes = 0
        self._tree, self._seconds = tree, seconds
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._closed.wait(self._seconds):
            self.bytes = max(self.bytes, self._tree.memory_bytes())


def _stats() -> dict[int, Stat]:
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        text = _read(path)
        if text:
            found[int(path.parent.name)] = parse_stat(text)
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # it has ended meanwhile
        return ""
