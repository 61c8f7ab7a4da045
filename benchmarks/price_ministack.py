"""The job's throughput when Kinesis is the emulator: what a user of the local cloud sees.

A first run of records warms the job. Then it is stopped, the records that count are put, and the
clock runs from its release to the end of the batch that holds the last of them. The source plans
what it can read within a second, so there are several batches.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from benchmarks.price_events import Round, Workload, events_of
from benchmarks.price_job import Program, job
from benchmarks.price_throughput import loaded_world, next_batch, read_in
from benchmarks.price_turns import Side, Turn
from benchmarks.suite import Progress
from localaws.sending import Record, Sender

WARM_EVENTS: Final = 50_000


def measure(workload: Workload, folder: Path, progress: Progress) -> Side:
    """The job over one round of `workload`, read from MiniStack."""
    with loaded_world(folder, workload) as found:
        kinesis = found.clients["kinesis"]
        kinesis.create_stream(StreamName="clickstream", ShardCount=workload.shards)
        sender = Sender(kinesis, "clickstream")
        sender.send(records(workload, 0, WARM_EVENTS))
        with job(found.environment(), folder, {}) as program:
            turn = Turn(program, workload.events)
            turn.round(lambda running: _read(running, WARM_EVENTS))
            progress(f"MiniStack: warm; putting {workload.events:,} records")
            sender.send(records(workload, 1, workload.events))
            try:
                batches = turn.round(lambda running: _read(running, workload.events))
            finally:
                turn.resume()
    progress(f"MiniStack: {turn.side.seconds[-1]:.1f} s in {batches['batches']} batches")
    return turn.side.part(1)


def records(workload: Workload, number: int, count: int) -> list[Record]:
    """Events of a round as the stream takes them."""
    events = events_of(workload, number, Round(count, flawed=False))
    return [Record(json.loads(event)["user_id"], event) for event in events]


def _read(program: Program, events: int) -> dict[str, Any]:
    read = batches = 0
    while read < events:
        read += read_in(next_batch(program))
        batches += 1
    return {"batches": batches}
