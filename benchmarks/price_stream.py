"""The loopback Kinesis endpoint with a lead-in: a first page, and nothing more until it is told.

A reader that finds the end of every shard makes a batch of what it has. So the first batch is the
lead-in, however slow a cold start is; and once that one is under way the rest is let go, so that
every later batch, of a fixed number of records a shard, is exactly one round of events.

    python -m benchmarks.price_stream --shards 4 lead_in.jsonl round_00.jsonl ...
prints its URL, serves until standard input is closed, and lets the rest go on SIGUSR1.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from benchmarks.kinesis_loopback import PreparedShard, _serve, events_of, prepare

# A page of 10,000, the most that is asked for, would say that more is to come.
PAGE: Final = 6_250
_REPOSITORY: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class LedStream:
    """A running endpoint."""

    url: str
    process: subprocess.Popen[str]

    def let_go(self) -> None:
        """Serve what follows the lead-in too."""
        self.process.send_signal(signal.SIGUSR1)


def hold_back(shards: Sequence[PreparedShard]) -> Callable[[], None]:
    """Make the shards end behind their first page; call what is returned to give them the rest."""
    held = [(shard.answers, shard.page, shard.answers[shard.page]) for shard in shards]
    for shard in shards:
        answers, end = shard.answers, f"{shard.shard_id}/{shard.page}".encode()
        answers[0] = answers[0].replace(b'Latest":60000}', b'Latest":0}')
        answers[shard.page] = (
            b'{"Records":[],"NextShardIterator":"%s","MillisBehindLatest":0}' % end
        )
        shard.records.clear()  # they are in the answers

    def let_go() -> None:
        for answers, start, rest in held:
            answers[start] = rest

    return let_go


@contextmanager
def led_stream(paths: Iterable[Path], shards: int) -> Iterator[LedStream]:
    """The endpoint in a process of its own, once it is ready."""
    command = [sys.executable, "-m", "benchmarks.price_stream", "--shards", str(shards)]
    process = subprocess.Popen(
        [*command, *map(str, paths)],
        cwd=_REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield LedStream(process.stdout.readline().strip(), process)  # type: ignore[union-attr]
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(timeout=10)
        process.stdout.close()  # type: ignore[union-attr]


def main() -> None:
    """Prepare, print the URL, serve until standard input is closed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, required=True)
    parser.add_argument("paths", type=Path, nargs="+", help="JSON Lines, the lead-in first")
    options = parser.parse_args()
    events = chain.from_iterable(events_of(path, "user_id") for path in options.paths)
    shards = prepare(events, options.shards, PAGE)
    let_go = hold_back(shards)

    def on_signal(*_: Any) -> None:
        let_go()

    signal.signal(signal.SIGUSR1, on_signal)
    asyncio.run(_serve(shards, 0))


if __name__ == "__main__":
    main()
