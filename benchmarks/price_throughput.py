"""How fast the job turns a backlog into candidates, beside a Spark program that reads files.

Both run for the whole of the measurement, each on an emulator of its own with the same items, with
the same Spark settings and two cores; while one runs the other is stopped. They take turns, round
by round, over the same events; the same lead-in and first rounds warm both and are not counted.

The clock of a round runs from the last candidate of the round before to its own. The records are
available all the time: the job reads the next round while it works on this one, so that each
interval holds the reading of one round. The reference is asked for its next round at once.

Every 10,000th event of the last rounds is unusable or a repetition. The reference drops those,
the job writes them to `rejects`; so the counted rounds have none, and the last ones say what they
cost the job.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.price_events import Round, Workload, order_items, product_items, write_rounds
from benchmarks.price_job import BenchmarkError, Program, job
from benchmarks.price_stream import PAGE, led_stream
from benchmarks.price_turns import Side, Turn, check_equal
from benchmarks.price_world import World, world
from benchmarks.suite import Progress
from localaws.tables import put_items

WARM: Final = 3
FLAWED: Final = 3  # the first of them warms what the clean rounds do not need
_FIRST_SECONDS: Final = 240.0
_ROUND_SECONDS: Final = 180.0


def measure(workload: Workload, rounds: int, folder: Path, progress: Progress) -> dict[str, Side]:
    """`job` and `reference` over `rounds` rounds each, and the job over `flawed` ones.

    Raises:
        BenchmarkError: they gave different candidates, or a batch was not exactly a round.
    """
    plan = rounds_of(workload, rounds)
    progress(f"{WARM} warm and {rounds} measured rounds of {workload.events:,} events")
    paths = write_rounds(workload, plan, folder)
    with ExitStack() as stack:
        worlds = {
            name: stack.enter_context(loaded_world(folder / name, workload))
            for name in ("job", "reference")
        }
        turns = stack.enter_context(_programs(workload, paths, worlds, folder))
        for number, path in enumerate(paths[:-1]):
            _one_round(turns, plan[number], path)
            progress(_line(number, len(plan), *(turn.side for turn in turns)))
        same = check_equal(worlds["job"].candidates(), worlds["reference"].candidates())
        progress(f"both gave the same {same:,} candidates")
    first, last = 1 + WARM, 1 + WARM + rounds
    one, other = (turn.side for turn in turns)
    return {
        "job": one.part(first, last),
        "reference": other.part(first, last),
        "flawed": one.part(last + 1),
    }


def rounds_of(workload: Workload, rounds: int) -> list[Round]:
    """Lead-in, warm, counted and flawed rounds, and one to read ahead in the last of them."""
    flawed = Round(workload.events, flawed=True)
    lead = Round(PAGE * workload.shards, flawed=False)
    clean = Round(workload.events, flawed=False)
    return [lead, *[clean] * (WARM + rounds), *[flawed] * FLAWED, clean]


@contextmanager
def loaded_world(folder: Path, workload: Workload) -> Iterator[World]:
    """A world with the workload's products and their orders."""
    with world(folder) as found:
        put_items(found.clients, "products", product_items(workload.products))
        put_items(found.clients, "orders", order_items(workload.products))
        yield found


@contextmanager
def _programs(
    workload: Workload, paths: Sequence[Path], worlds: Mapping[str, World], folder: Path
) -> Iterator[tuple[Turn, Turn]]:
    command = [sys.executable, "-m", "benchmarks.price_reference"]
    log = folder / "reference" / "reference.log"
    options = {"max-fetch-records-per-shard": str(workload.per_shard)}
    with ExitStack() as stack:
        stream = stack.enter_context(led_stream(paths, workload.shards))
        environment = worlds["job"].environment(stream.url)
        program = stack.enter_context(job(environment, folder / "job", options))
        other = Program(command, worlds["reference"].environment(), log)
        stack.callback(other.end)
        turns = Turn(program, workload.events), Turn(other, workload.events)
        for turn in turns:
            stack.callback(turn.resume)
        # The lead-in is planned; what follows is read while that batch runs.
        program.wait_for_file(folder / "job" / "checkpoint" / "offsets" / "0", _FIRST_SECONDS)
        stream.let_go()
        yield turns


def next_batch(program: Program) -> dict[str, Any]:
    """The line of the job's next batch."""
    return program.next_line(_FIRST_SECONDS, "batch_id").value


def read_in(batch: Mapping[str, Any]) -> int:
    """The records that a batch read."""
    return int(batch["counted"] + batch["rejected"] + batch["late"])


def _one_round(turns: tuple[Turn, Turn], wanted: Round, path: Path) -> None:
    def ask(program: Program) -> dict[str, Any]:
        program.tell({"events": str(path)})
        return program.next_line(_ROUND_SECONDS, "candidates").value

    batch = turns[0].round(next_batch)
    if read_in(batch) != wanted.events:
        raise BenchmarkError(
            f"{path.name}: the job's batch has {read_in(batch):,} records, the round"
            f" {wanted.events:,}; the two programs would not count the same. Run it again on a"
            " quiet machine."
        )
    turns[1].round(ask)


def _line(number: int, count: int, one: Side, other: Side) -> str:
    kind = "warm-up" if number <= WARM else "flawed" if number >= count - 1 - FLAWED else "counted"
    return (
        f"round {number}, {kind}: job {one.seconds[-1]:.2f} s, reference {other.seconds[-1]:.2f} s,"
        f" CPU {one.cpu_seconds[-1]:.1f} and {other.cpu_seconds[-1]:.1f} s"
    )
