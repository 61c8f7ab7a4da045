"""How fast the job turns a backlog into candidates, beside a Spark program that reads files.

Both run for the whole of the measurement, each on an emulator of its own with the same items, the
same settings and two cores; while one runs the other is stopped. They take turns, round by round;
the same first rounds warm both and are not counted.

The clock of a round: from the last candidate of the round before to its own last candidate. The
records are available all the time, so the job reads the next round while it works on this one, and
each interval holds the reading of one round. The reference is asked for its next round at once.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from benchmarks.price_events import Workload, order_items, product_items, write_rounds
from benchmarks.price_job import BenchmarkError, Program, job
from benchmarks.price_stream import PAGE, led_stream
from benchmarks.price_world import World, world
from benchmarks.process_tree import PeakMemory, ProcessTree
from localaws.tables import put_items

WARM: Final = 3
SPARE: Final = 1  # so that the last measured round has one to read ahead, as those before it
_FIRST_SECONDS: Final = 180.0
_ROUND_SECONDS: Final = 120.0
Progress = Callable[[str], None]


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

    def to_json(self) -> dict[str, Any]:
        """For the recorded results."""
        return {
            "records_per_second": round(self.records_per_second),
            "cpu_seconds_per_million": round(self.cpu_seconds_per_million, 1),
            "peak_megabytes": round(self.peak_bytes / 1e6),
            "round_seconds": [round(seconds, 2) for seconds in self.seconds],
        }


class Turn:
    """One program that runs only in its rounds."""

    def __init__(self, program: Program, events: int) -> None:
        self.side = Side(events)
        self.program = program
        self._tree = ProcessTree(program.pid)

    def round(self, ask: Callable[[], dict[str, Any]], *, measured: bool) -> dict[str, Any]:
        """Let it run until `ask` returns."""
        with PeakMemory(self._tree) as peak, self._tree.running():
            cpu, begun = self._tree.cpu_seconds(), perf_counter()
            found = ask()
            seconds, used = perf_counter() - begun, self._tree.cpu_seconds() - cpu
        self.side.peak_bytes = max(self.side.peak_bytes, peak.bytes)
        if measured:
            self.side.seconds.append(seconds)
            self.side.cpu_seconds.append(used)
        return found


def measure(workload: Workload, rounds: int, folder: Path, progress: Progress) -> dict[str, Side]:
    """Both programs over `rounds` rounds each.

    Raises:
        BenchmarkError: they gave different candidates, or a batch was not exactly a round.
    """
    progress(f"{WARM} warm and {rounds} measured rounds of {workload.events:,} events")
    lead = PAGE * workload.shards
    paths = write_rounds(workload, lead, WARM + rounds + SPARE, folder)
    with ExitStack() as stack:
        worlds = {
            name: stack.enter_context(loaded_world(folder / name, workload))
            for name in ("job", "reference")
        }
        job_turn, reference = stack.enter_context(_programs(workload, paths, worlds, folder))
        for number in range(1 + WARM + rounds):
            measured = number > WARM
            batch = job_turn.round(lambda: next_batch(job_turn.program), measured=measured)
            _check_batch(batch, workload.events if number else lead, number)
            reference.round(lambda: _ask(reference.program, paths[number]), measured=measured)  # noqa: B023
            progress(_line(number, job_turn.side, reference.side))
        same = check_equal(worlds["job"].candidates(), worlds["reference"].candidates())
        progress(f"candidates of both are equal: {same:,}")
    return {"job": job_turn.side, "reference": reference.side}


@contextmanager
def loaded_world(folder: Path, workload: Workload) -> Iterator[World]:
    """A world with the workload's products and their orders."""
    with world(folder) as found:
        put_items(found.clients, "products", product_items(workload.products))
        put_items(found.clients, "orders", order_items(workload.products))
        yield found


@contextmanager
def _programs(
    workload: Workload, paths: list[Path], worlds: Mapping[str, World], folder: Path
) -> Iterator[tuple[Turn, Turn]]:
    options = {"max-fetch-records-per-shard": str(workload.per_shard)}
    command = [sys.executable, "-m", "benchmarks.price_reference"]
    environment = worlds["reference"].environment()
    with ExitStack() as stack:
        stream = stack.enter_context(led_stream(paths, workload.shards))
        own = worlds["job"].environment(stream.url)
        program = stack.enter_context(job(own, folder / "job", options))
        program.wait_for_file(folder / "job" / "checkpoint" / "offsets" / "0", _FIRST_SECONDS)
        stream.let_go()
        job_turn = Turn(program, workload.events)
        other = Program(command, environment, folder / "reference" / "reference.log")
        stack.callback(other.end)
        reference = Turn(other, workload.events)
        yield job_turn, reference
        # A stopped process takes no signal that asks it to end.
        for turn in (job_turn, reference):
            ProcessTree(turn.program.pid).resume()


def next_batch(program: Program, seconds: float = _FIRST_SECONDS) -> dict[str, Any]:
    """The line of the job's next batch."""
    return program.next_line(seconds, "batch_id").value


def _ask(program: Program, path: Path) -> dict[str, Any]:
    program.tell({"events": str(path)})
    return program.next_line(_ROUND_SECONDS, "candidates").value


def _check_batch(batch: Mapping[str, Any], events: int, number: int) -> None:
    read = batch["counted"] + batch["rejected"] + batch["late"]
    if read != events:
        raise BenchmarkError(
            f"round {number}: the job's batch has {read:,} records, the round {events:,}; the two"
            " programs would not count the same. Run it again on a quiet machine."
        )


def check_equal(found: Mapping[Any, Any], wanted: Mapping[Any, Any]) -> int:
    """How many candidates there are, when both sides gave the same.

    Raises:
        BenchmarkError: they differ; names the first key and the attributes.
    """
    for key in sorted({*found, *wanted}):
        one, other = found.get(key), wanted.get(key)
        if one != other:
            names = sorted(n for n in {**(one or {}), **(other or {})} if _differ(one, other, n))
            raise BenchmarkError(f"candidate {key}: job and reference differ in {names}")
    return len(found)


def _differ(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None, name: str) -> bool:
    return (one or {}).get(name) != (other or {}).get(name)


def _line(number: int, one: Side, other: Side) -> str:
    if number <= WARM:
        return f"round {number}: warm-up"
    return (
        f"round {number}: job {one.seconds[-1]:.2f} s, reference {other.seconds[-1]:.2f} s,"
        f" CPU {one.cpu_seconds[-1]:.1f} and {other.cpu_seconds[-1]:.1f} s"
    )
