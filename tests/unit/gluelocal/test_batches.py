"""forEachBatch without Spark: options, retries, empty batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from gluelocal.batches import BatchOptions, BatchRunner
from pyspark import StorageLevel

OPTIONS = {"windowSize": "100 seconds", "checkpointLocation": "s3://b/c"}


class Log:
    """A logger that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, msg: str) -> None:
        self.lines.append(f"info {msg}")

    def warn(self, msg: str) -> None:
        self.lines.append(f"warn {msg}")

    def error(self, msg: str) -> None:
        self.lines.append(f"error {msg}")


class Frame:
    """A micro-batch of so many rows."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.calls: list[Any] = []

    def persist(self, level: StorageLevel) -> None:
        self.calls.append(level)

    def unpersist(self) -> None:
        self.calls.append("unpersist")

    def count(self) -> int:
        return self.rows

    def take(self, number: int) -> list[int]:
        return list(range(min(number, self.rows)))


class Stream:
    """A streaming frame whose query plays a script: each run is a list of batches, or an error."""

    def __init__(self, *runs: Callable[[Any], None]) -> None:
        self.runs = list(runs)
        self.settings: dict[str, Any] = {}

    writeStream = property(lambda self: self)  # noqa: N815

    def foreachBatch(self, function: Any) -> Stream:  # noqa: N802
        self.function = function
        return self

    def trigger(self, **setting: str) -> Stream:
        self.settings |= setting
        return self

    def option(self, key: str, value: str) -> Stream:
        self.settings[key] = value
        return self

    def start(self) -> Stream:
        return self

    def awaitTermination(self) -> None:  # noqa: N802
        self.runs.pop(0)(self.function)


class EndOfTestError(Exception):
    """Ends a loop that else never ends."""


def batch(number: int, rows: int = 1) -> Callable[[Any], None]:
    return lambda process: process(Frame(rows), number)


def runner(
    function: Any, log: Log, pauses: list[float] | None = None, **options: Any
) -> BatchRunner:
    parsed = BatchOptions.parse({**OPTIONS, **options})
    sleep = (pauses if pauses is not None else []).append
    return BatchRunner(function, parsed, log, sleep=sleep, clock=lambda: 0.0)


@pytest.mark.parametrize("name", ["windowSize", "checkpointLocation"])
def test_both_locations_are_required(name: str) -> None:
    options = {key: value for key, value in OPTIONS.items() if key != name}
    with pytest.raises(Exception, match=f"^Missing {name} argument$"):
        BatchOptions.parse(options)


@pytest.mark.parametrize("retries", [-1, 101, "500"])
def test_retries_out_of_range_are_refused(retries: Any) -> None:
    with pytest.raises(ValueError, match=r"an integer in the range of \[0, 100\]"):
        BatchOptions.parse({**OPTIONS, "batchMaxRetries": retries})


def test_options_have_upstreams_defaults() -> None:
    found = BatchOptions.parse(OPTIONS)
    assert found.max_retries == 3
    assert found.persist
    assert found.storage_level == StorageLevel.MEMORY_AND_DISK


def test_the_query_is_set_up_with_window_and_checkpoint() -> None:
    def end(_process: Any) -> None:
        raise EndOfTestError

    stream = Stream(end)
    with pytest.raises(EndOfTestError):
        runner(None, Log(), batchMaxRetries=0).run(stream)  # type: ignore[arg-type]
    assert stream.settings == {"processingTime": "100 seconds", "checkpointLocation": "s3://b/c"}


def test_a_failing_query_is_started_four_times_with_growing_pauses() -> None:
    def fail(_process: Any) -> None:
        raise ValueError("bad batch")

    pauses: list[float] = []
    log = Log()
    stream = Stream(*[fail] * 6)
    with pytest.raises(ValueError, match="bad batch"):
        runner(None, log, pauses).run(stream)  # type: ignore[arg-type]
    assert pauses == [1, 2, 5]
    assert len(stream.runs) == 2
    assert "warn Retrying micro batch processing, attempt 3 out of 3. " in log.lines
    assert log.lines[-1].startswith("error Exceeded the maximum number of batch retries.")


def test_a_batch_that_succeeds_resets_the_count_of_retries() -> None:
    failures = iter([True, True, False, True, False])

    def function(_frame: Any, _number: int) -> None:
        if next(failures):
            raise ValueError("again")

    def two(process: Any) -> None:
        process(Frame(1), 0)
        process(Frame(1), 1)

    def end(_process: Any) -> None:
        raise EndOfTestError

    pauses: list[float] = []
    stream = Stream(batch(0), batch(0), two, two, end, end, end)
    with pytest.raises(EndOfTestError):
        runner(function, Log(), pauses, batchMaxRetries=2).run(stream)  # type: ignore[arg-type]
    # Two failures of batch 0, success; then one failure of batch 1 counts from one again.
    assert pauses[:3] == [1, 2, 1]


def test_a_clean_end_of_the_query_starts_it_again() -> None:
    def end(_process: Any) -> None:
        raise EndOfTestError

    seen: list[int] = []
    stream = Stream(batch(0), batch(1), end)
    with pytest.raises(EndOfTestError):
        runner(lambda _f, n: seen.append(n), Log(), batchMaxRetries=0).run(stream)  # type: ignore[arg-type]
    assert seen == [0, 1]


def test_a_lost_checkpoint_is_not_tried_again() -> None:
    def lost(_process: Any) -> None:
        raise RuntimeError("CheckpointMetadataNotFound: gone")

    pauses: list[float] = []
    with pytest.raises(RuntimeError, match="CheckpointMetadataNotFound"):
        runner(None, Log(), pauses).run(Stream(lost))  # type: ignore[arg-type]
    assert pauses == []


def test_an_empty_batch_is_not_handed_over_but_measured() -> None:
    log, frame = Log(), Frame(0)
    runner(None, log).process(frame, 0)  # type: ignore[arg-type]
    assert frame.calls == [StorageLevel.MEMORY_AND_DISK, "unpersist"]
    assert log.lines == [
        "info glue.driver.streaming.numRecords=0",
        "info glue.driver.streaming.batchProcessingTimeInMs=0",
    ]


def test_a_failing_batch_stays_persisted_as_upstream_leaves_it() -> None:
    def fail(_frame: Any, _number: int) -> None:
        raise ValueError("no")

    frame = Frame(1)
    with pytest.raises(ValueError, match="no"):
        runner(fail, Log(), storageLevel="disk_only").process(frame, 0)  # type: ignore[arg-type]
    assert frame.calls == [StorageLevel.DISK_ONLY]


def test_without_persisting_only_one_row_is_looked_at_and_nothing_counted() -> None:
    log, seen = Log(), []
    run = runner(lambda _f, n: seen.append(n), log, persistDataFrame="FALSE")
    run.process(Frame(0), 0)  # type: ignore[arg-type]
    run.process(Frame(2), 1)  # type: ignore[arg-type]
    assert seen == [1]
    assert not any("numRecords" in line for line in log.lines)
