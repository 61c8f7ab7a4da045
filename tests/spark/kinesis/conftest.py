"""A fake Kinesis over HTTP and streaming queries that read it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from tests.unit.kinesis.fake_kinesis import FakeKinesis

Batch = list[tuple[str, str, str]]


@pytest.fixture
def kinesis() -> FakeKinesis:
    """The stream `orders` with two shards."""
    return FakeKinesis(2)


@pytest.fixture
def endpoint(kinesis: FakeKinesis) -> Iterator[str]:
    """The URL of `kinesis`."""
    with kinesis.serve() as url:
        yield url


@dataclass
class Stream:
    """A source on `kinesis` with a checkpoint; `batches` are those that were processed."""

    spark: SparkSession
    endpoint: str
    checkpoint: Path
    batches: dict[int, Batch] = field(default_factory=dict)
    fail_at: int | None = None

    def frame(self, **options: Any) -> DataFrame:
        """The streaming frame."""
        defaults = {
            "streamName": "orders",
            "endpointUrl": self.endpoint,
            "region": "eu-west-1",
            "awsAccessKeyId": "000000000000",
            "awsSecretKey": "local",
            "startingPosition": "TRIM_HORIZON",
            "describeShardInterval": "0ms",
            "maxFetchTimeInMs": 60_000,
            "retryIntervalMs": 10,
        }
        return self.spark.readStream.format("kinesis").options(**{**defaults, **options}).load()

    def run(self, batches: int, **options: Any) -> None:
        """Process until this run and those before it have done `batches` non-empty ones."""

        def take(batch: DataFrame, batch_id: int) -> None:
            if batch_id == self.fail_at:
                raise RuntimeError("killed in the middle of a batch")
            rows = batch.selectExpr("streamName", "sequenceNumber", "CAST(data AS STRING)")
            found = [tuple(row) for row in rows.collect()]
            if found:
                self.batches[batch_id] = found

        query = (
            self.frame(**options)
            .writeStream.foreachBatch(take)
            .option("checkpointLocation", str(self.checkpoint))
            .start()
        )
        try:
            deadline = time.monotonic() + 60
            while len(self.batches) < batches and not query.awaitTermination(0.05):  # type: ignore[arg-type]
                assert time.monotonic() < deadline, "the query made no progress"
        finally:
            query.stop()

    def payloads(self) -> list[list[str]]:
        """The payloads of all batches, in the order of the batches."""
        return [[row[2] for row in self.batches[key]] for key in sorted(self.batches)]


@pytest.fixture
def make_stream(
    spark: SparkSession, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Stream]:
    """Makes streams; each has the checkpoint of its name."""

    def make(checkpoint: str = "checkpoint") -> Stream:
        return Stream(spark, endpoint, tmp_path / checkpoint)

    return make
