"""Programs that take turns: one runs while the others are stopped, and its rounds are measured."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from benchmarks.price_job import BenchmarkError, Program
from benchmarks.process_tree import PeakMemory, ProcessTree


@dataclass
class Side:
    """What was measured of one program: seconds and CPU seconds of each round, peak memory."""

    events: int
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0

    @property
    def records_per_second(self) -> float:
        """Of the median round."""
        return self.events / statistics.median(self.seconds)

    @property
    def cpu_seconds_per_million(self) -> float:
        """Of the median round."""
        return statistics.median(self.cpu_seconds) / self.events * 1e6

    def part(self, start: int, end: int | None = None) -> Side:
        """Some of the rounds."""
        chosen = slice(start, end)
        return Side(self.events, self.seconds[chosen], self.cpu_seconds[chosen], self.peak_bytes)

    def to_json(self) -> dict[str, Any]:
        """For the recorded results."""
        return {
            "records_per_second": round(self.records_per_second),
            "cpu_seconds_per_million": round(self.cpu_seconds_per_million, 1),
            "peak_megabytes": round(self.peak_bytes / 1e6),
            "round_seconds": [round(seconds, 2) for seconds in self.seconds],
            "round_cpu_seconds": [round(seconds, 2) for seconds in self.cpu_seconds],
        }


class Turn:
    """One program that runs only in its rounds; `side` is what they took."""

    def __init__(self, program: Program, events: int) -> None:
        self.side = Side(events)
        self.program = program
        self._tree = ProcessTree(program.pid)

    def round(self, ask: Callable[[Program], dict[str, Any]]) -> dict[str, Any]:
        """Let it run until `ask` has its answer."""
        with PeakMemory(self._tree) as peak, self._tree.running():
            cpu, begun = self._tree.cpu_seconds(), perf_counter()
            answer = ask(self.program)
            self.side.seconds.append(perf_counter() - begun)
            self.side.cpu_seconds.append(self._tree.cpu_seconds() - cpu)
        self.side.peak_bytes = max(self.side.peak_bytes, peak.bytes)
        return answer

    def resume(self) -> None:
        """Let it run for good: a stopped process does not end when it is asked to."""
        self._tree.resume()


def check_equal(found: Mapping[Any, Any], wanted: Mapping[Any, Any]) -> int:
    """How many candidates there are, when both sides gave the same.

    Raises:
        BenchmarkError: they differ; names the first key and the attributes.
    """
    for key in sorted({*found, *wanted}):
        one, other = found.get(key, {}), wanted.get(key, {})
        if one != other:
            names = sorted(n for n in {**one, **other} if one.get(n) != other.get(n))
            raise BenchmarkError(f"candidate {key}: job and reference differ in {names}")
    return len(found)
