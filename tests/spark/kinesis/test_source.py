"""The source inside Spark: schema, batches, restarts, errors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import AnalysisException, StreamingQueryException
from pyspark.sql import SparkSession

from tests.spark.versions import needs_python_data_source
from tests.unit.kinesis.fake_kinesis import FakeKinesis

Make = Callable[..., Any]

# Py4J leaves the sockets of its callback threads to the garbage collector.
pytestmark = [
    needs_python_data_source,
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


def numbers(first: int, last: int) -> list[str]:
    return [str(n) for n in range(first, last + 1)]


def spools(spark: SparkSession) -> list[Path]:
    """The spools in Spark's scratch space."""
    manager = spark.sparkContext._jvm.org.apache.spark.SparkEnv.get().blockManager()  # type: ignore[union-attr]
    folders = manager.diskBlockManager().localDirsString()
    return [path for folder in folders for path in Path(folder).glob("kinesis-*")]


def runners(spark: SparkSession) -> list[str]:
    """The command lines of the processes in which Spark keeps stream readers."""
    children = spark.sparkContext._jvm.java.lang.ProcessHandle.current().children()  # type: ignore[union-attr]
    commands = [child.info().commandLine().orElse("") for child in children.toArray()]
    return [command for command in commands if "python_streaming_source_runner" in command]


def test_the_frame_has_glues_native_schema(make_stream: Make) -> None:
    frame = make_stream().frame()
    assert frame.isStreaming
    assert frame.dtypes == [
        ("data", "binary"),
        ("streamName", "string"),
        ("partitionKey", "string"),
        ("sequenceNumber", "string"),
        ("approximateArrivalTimestamp", "timestamp"),
    ]


def test_rows_carry_payload_position_and_arrival(
    spark: SparkSession, kinesis: FakeKinesis, make_stream: Make, tmp_path: Path
) -> None:
    kinesis.now += 0.123
    [sequence] = kinesis.put("shard-1", b"\x00\xff", key="user-1")
    query = (
        make_stream()
        .frame()
        .writeStream.format("memory")
        .queryName("rows_carry")
        .trigger(availableNow=True)
        .option("checkpointLocation", str(tmp_path / "memory"))
        .start()
    )
    query.awaitTermination(60)
    [row] = spark.sql(
        "SELECT *, date_format(approximateArrivalTimestamp, 'yyyy-MM-dd HH:mm:ss.SSS') AS t "
        "FROM rows_carry"
    ).collect()
    assert bytes(row.data) == b"\x00\xff"
    assert (row.streamName, row.partitionKey, row.sequenceNumber) == ("orders", "user-1", sequence)
    assert row.t == "2026-01-01 00:00:00.123"


@pytest.fixture
def tokyo(spark: SparkSession) -> Iterator[None]:
    spark.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    yield
    spark.conf.set("spark.sql.session.timeZone", "UTC")


@pytest.mark.usefixtures("tokyo")
def test_arrival_times_are_moments_whatever_the_sessions_time_zone(
    kinesis: FakeKinesis, make_stream: Make, tmp_path: Path
) -> None:
    kinesis.put("shard-0", "a")
    found: list[int] = []
    query = (
        make_stream()
        .frame()
        .selectExpr("unix_millis(approximateArrivalTimestamp) AS t")
        .writeStream.foreachBatch(lambda batch, _: found.extend(r.t for r in batch.collect()))
        .trigger(availableNow=True)
        .option("checkpointLocation", str(tmp_path / "tokyo"))
        .start()
    )
    query.awaitTermination(60)
    assert found == [1_767_225_600_000]


def test_large_batches_are_read_by_several_tasks_in_the_order_of_the_shard(
    kinesis: FakeKinesis, make_stream: Make, tmp_path: Path
) -> None:
    kinesis.put("shard-0", *numbers(1, 20_000))
    tasks: list[list[int]] = []
    query = (
        make_stream()
        .frame(partitions=2)
        .selectExpr("CAST(CAST(data AS STRING) AS INT) AS n", "spark_partition_id() AS task")
        .groupBy("task")
        .agg({"n": "collect_list"})
        .writeStream.outputMode("complete")
        .foreachBatch(lambda batch, _: tasks.extend(row[1] for row in batch.collect()))
        .trigger(availableNow=True)
        .option("checkpointLocation", str(tmp_path / "large"))
        .start()
    )
    query.awaitTermination(60)
    assert sorted(map(len, tasks)) == [10_000, 10_000]
    assert all(task == sorted(task) for task in tasks)
    assert sorted(tasks)[0][0] == 1


def test_a_restart_continues_from_the_checkpoint(kinesis: FakeKinesis, make_stream: Make) -> None:
    kinesis.put("shard-0", *numbers(1, 30))
    stream = make_stream()
    stream.run(2, maxFetchRecordsPerShard=10)
    stream.run(3, maxFetchRecordsPerShard=10, startingPosition="LATEST")
    assert stream.payloads() == [numbers(1, 10), numbers(11, 20), numbers(21, 30)]


def test_a_batch_that_failed_is_replayed_with_the_same_records(
    kinesis: FakeKinesis, make_stream: Make
) -> None:
    kinesis.put("shard-0", *numbers(1, 25))
    stream = make_stream()
    stream.fail_at = 1
    with pytest.raises(StreamingQueryException, match="killed in the middle"):
        stream.run(9, maxFetchRecordsPerShard=10)
    assert stream.payloads() == [numbers(1, 10)]
    kinesis.put("shard-0", *numbers(26, 30))
    kinesis.put("shard-1", "other")
    stream.fail_at = None
    stream.run(3, maxFetchRecordsPerShard=10)
    assert stream.payloads() == [numbers(1, 10), numbers(11, 20), [*numbers(21, 30), "other"]]


def test_a_first_batch_that_failed_is_replayed_exactly(
    kinesis: FakeKinesis, make_stream: Make
) -> None:
    kinesis.put("shard-0", *numbers(1, 5))
    stream = make_stream()
    stream.fail_at = 0
    with pytest.raises(StreamingQueryException):
        stream.run(1)
    kinesis.put("shard-0", *numbers(6, 9))
    stream.fail_at = None
    stream.run(2)
    assert stream.payloads() == [numbers(1, 5), numbers(6, 9)]


def test_nothing_put_after_a_start_at_latest_is_lost_across_a_crash(
    kinesis: FakeKinesis, make_stream: Make
) -> None:
    kinesis.put("shard-0", "old")
    kinesis.now += 10
    stream = make_stream()
    stream.fail_at = 0
    with pytest.raises(StreamingQueryException):
        stream.run(1, startingPosition="latest")
    kinesis.put("shard-0", "new")
    stream.fail_at = None
    stream.run(1, startingPosition="latest")
    assert stream.payloads() == [["new"]]


def test_records_are_read_again_when_the_spool_is_lost(
    kinesis: FakeKinesis, make_stream: Make, spark: SparkSession, tmp_path: Path
) -> None:
    kinesis.put("shard-0", *numbers(1, 20))
    found: list[str] = []

    def lose_and_read(batch: Any, _: int) -> None:
        lost = [path for spool in spools(spark) for path in spool.glob("*.arrow")]
        assert lost
        for path in lost:
            path.unlink()
        found.extend(row.p for row in batch.selectExpr("CAST(data AS STRING) AS p").collect())

    frame = make_stream().frame(maxRecordPerRead=7)
    query = (
        frame.writeStream.foreachBatch(lose_and_read)
        .trigger(availableNow=True)
        .option("checkpointLocation", str(tmp_path / "lost"))
        .start()
    )
    query.awaitTermination(60)
    assert found == numbers(1, 20)


def test_stopped_queries_leave_no_files_and_no_processes(
    kinesis: FakeKinesis, make_stream: Make, spark: SparkSession
) -> None:
    kinesis.put("shard-0", "a")
    for name in "abc":
        make_stream(name).run(1)
    deadline = time.monotonic() + 30
    while (spools(spark) or runners(spark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (spools(spark), runners(spark)) == ([], [])


def test_a_resharded_stream_is_read_parents_first(kinesis: FakeKinesis, make_stream: Make) -> None:
    kinesis.put("shard-0", *numbers(1, 15))
    kinesis.reshard(("shard-0",), ("left", "right"))
    kinesis.put("left", "l")
    kinesis.put("right", "r")
    stream = make_stream()
    stream.run(2, maxFetchRecordsPerShard=10)
    assert stream.payloads() == [numbers(1, 10), [*numbers(11, 15), "l", "r"]]


def test_a_bad_option_fails_before_the_stream_starts(make_stream: Make) -> None:
    with pytest.raises(AnalysisException, match=r"option 'maxRecordPerRead' is '0'; allowed:"):
        make_stream().frame(maxRecordPerRead=0)


def test_a_shard_that_cannot_be_read_fails_the_query_by_name(
    kinesis: FakeKinesis, make_stream: Make
) -> None:
    kinesis.fail("GetRecords", *["InternalFailure"] * 99, status=500)
    with pytest.raises(StreamingQueryException, match=r"stream orders, shard shard-\d: GetRecords"):
        make_stream().run(1)


def test_the_checkpoint_keeps_the_end_of_each_batch(
    kinesis: FakeKinesis, make_stream: Make
) -> None:
    [sequence] = kinesis.put("shard-1", "a")
    stream = make_stream()
    stream.run(1)
    logged = (stream.checkpoint / "offsets" / "0").read_text().splitlines()[-1]
    assert json.loads(logged)["shards"] == {
        "shard-0": {},
        "shard-1": {"at": sequence, "first": sequence},
    }
