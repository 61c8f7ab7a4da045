"""A fake stream `orders`, and planners that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark_kinesis import fetch
from pyspark_kinesis.options import KinesisOptions, parse_options
from pyspark_kinesis.planner import Planner
from pyspark_kinesis.tasks import read_task

from tests.unit.kinesis.fake_kinesis import FakeKinesis

ENVIRONMENT = {"AWS_REGION": "eu-west-1"}
FAST = {
    "streamName": "orders",
    "startingPosition": "trim_horizon",
    "maxFetchTimeInMs": 30_000,
    "retryIntervalMs": 1,
    "describeShardInterval": "0ms",
    "partitions": 1,
}


@pytest.fixture(autouse=True)
def no_polite_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Idle shards are asked at once: the fake does not mind."""
    monkeypatch.setattr(fetch, "_LEAST_IDLE_SECONDS", 0.005)


@pytest.fixture(autouse=True)
def scratch_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every spool lies in the test's own folder."""
    monkeypatch.setenv("SPARK_LOCAL_DIRS", str(tmp_path))


@pytest.fixture
def kinesis() -> FakeKinesis:
    """A stream of one shard, `shard-0`, empty."""
    return FakeKinesis()


def options_of(**changes: Any) -> KinesisOptions:
    return parse_options({**FAST, **changes}, ENVIRONMENT)


@pytest.fixture
def make_options() -> Callable[..., KinesisOptions]:
    """Checked options for quick tests; keyword arguments change them."""
    return options_of


class Query:
    """What Spark does with a planner, batch by batch; `offsets` is the log of the checkpoint."""

    def __init__(self, kinesis: FakeKinesis, offsets: list[Any], **changes: Any) -> None:
        self.options = options_of(**changes)
        self.planner = Planner(self.options, kinesis)
        self.offsets = offsets
        self._kinesis = kinesis
        if offsets:
            self.planner.partitions(offsets[-1], offsets[-1])

    def plan(self) -> list[list[str]]:
        """Plan the next batch and give its payloads, task by task; [] if nothing is new."""
        end = self.planner.latest().to_json()
        if not self.offsets or self.offsets[-1] != end:
            self.offsets.append(end)
            return self.read(-1)
        return []

    def read(self, batch: int) -> list[list[str]]:
        """The payloads of a batch of the log, by its index."""
        at = batch % len(self.offsets)
        start = self.offsets[at - 1] if at else self.planner.initial().to_json()
        tasks = self.planner.partitions(start, self.offsets[at])
        return [
            [data.decode() for batch in self._batches(task) for data in batch["data"].to_pylist()]
            for task in tasks
        ]

    def commit(self) -> None:
        """Commit the last batch."""
        self.planner.commit(self.offsets[-1])

    def _batches(self, task: Any) -> Any:
        return read_task(task, self.options, lambda _: self._kinesis)


@pytest.fixture
def start_query(kinesis: FakeKinesis) -> Iterator[Callable[..., Query]]:
    """Starts queries on `kinesis`; give `offsets` to restart from a checkpoint."""
    started: list[Query] = []

    def start(offsets: list[Any] | None = None, **changes: Any) -> Query:
        started.append(Query(kinesis, [] if offsets is None else offsets, **changes))
        return started[-1]

    yield start
    for query in started:
        query.planner.stop()
