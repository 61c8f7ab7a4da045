"""The loopback Kinesis endpoint with a lead-in: a first page that looks like all there is.

A reader that finds the end of every shard makes a batch of what it has. So the first batch is the
lead-in, however slow a cold start is, and every later one, of a fixed number of records a shard,
is exactly one round of events.

    python -m benchmarks.price_stream --shards 4 lead_in.jsonl round_00.jsonl ...
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Final

from benchmarks.kinesis_loopback import PreparedShard, _serve, events_of, prepare

# A page of 10,000, the most that is asked for, would say that more is to come.
PAGE: Final = 6_250
_REPOSITORY: Final = Path(__file__).resolve().parents[1]
_MORE: Final = b'"MillisBehindLatest":60000}'
_NO_MORE: Final = b'"MillisBehindLatest":0}'


def led(shards: Iterable[PreparedShard]) -> list[PreparedShard]:
    """The shards, their first pages made to look like the last."""
    found = list(shards)
    for shard in found:
        shard.answers[0] = shard.answers[0].removesuffix(_MORE) + _NO_MORE
        shard.records.clear()  # they are in the answers
    return found


@contextmanager
def led_stream(paths: Iterable[Path], shards: int) -> Iterator[str]:
    """The endpoint in a process of its own; gives its URL once it is ready."""
    command = [sys.executable, "-m", "benchmarks.price_stream", "--shards", str(shards)]
    process = subprocess.Popen(
        [*command, *map(str, paths)],
        cwd=_REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process.stdout.readline().strip()  # type: ignore[union-attr]
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
    asyncio.run(_serve(led(prepare(events, options.shards, PAGE)), 0))


if __name__ == "__main__":
    main()
