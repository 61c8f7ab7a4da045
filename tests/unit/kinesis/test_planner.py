"""Batches as Spark plans them: full, ordered, repeatable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark_kinesis import fetch
from pyspark_kinesis.errors import DataLossError, KinesisRequestError

from tests.unit.kinesis.fake_kinesis import FakeKinesis
from tests.unit.kinesis.fake_kpl import aggregate

Start = Callable[..., Any]


def numbers(first: int, last: int) -> list[str]:
    return [str(n) for n in range(first, last + 1)]


def flat(tasks: list[list[str]]) -> list[str]:
    return [payload for task in tasks for payload in task]


def test_a_batch_has_exactly_the_limit_of_each_shard_or_what_is_left(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.put("shard-0", *numbers(1, 25))
    query = start_query(maxFetchRecordsPerShard=10, maxRecordPerRead=7)
    batches = [flat(query.plan()) for _ in range(4)]
    assert batches == [numbers(1, 10), numbers(11, 20), numbers(21, 25), []]


def test_records_put_later_come_in_the_next_batch(kinesis: FakeKinesis, start_query: Start) -> None:
    query = start_query()
    assert query.plan() == []
    kinesis.put("shard-0", "a")
    assert flat(query.plan()) == ["a"]
    kinesis.put("shard-0", "b", "c")
    assert flat(query.plan()) == ["b", "c"]


def test_an_idle_shard_is_read_as_soon_as_a_batch_is_planned(
    kinesis: FakeKinesis, start_query: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "_IDLE_SECONDS", 60.0)
    query = start_query()
    query.plan()
    kinesis.put("shard-0", "a")
    assert flat(query.plan()) == ["a"]


def test_a_full_page_is_not_taken_for_the_tip_though_the_server_says_so(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.always_says_tip = True
    kinesis.put("shard-0", *numbers(1, 25))
    assert flat(start_query(maxRecordPerRead=5).plan()) == numbers(1, 25)


def test_the_first_record_is_remembered_until_no_batch_can_start_at_it(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    query = start_query()
    found = []
    for payload in "abc":
        kinesis.put("shard-0", payload)
        query.plan()
        found.append("first" in query.offsets[-1]["shards"]["shard-0"])
        if payload == "b":
            query.commit()
    assert found == [True, True, False]


def test_an_idle_stream_gives_the_same_offset_again(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.put("shard-0", "a")
    query = start_query()
    query.plan()
    assert query.planner.latest().to_json() == query.offsets[-1]


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "not committed"])
def test_a_restart_continues_behind_the_last_batch_of_the_checkpoint(
    kinesis: FakeKinesis, start_query: Start, committed: bool
) -> None:
    kinesis.put("shard-0", *numbers(1, 30))
    first = start_query(maxFetchRecordsPerShard=10)
    first.plan(), first.plan()
    if committed:
        first.commit()
    first.planner.stop()
    second = start_query(first.offsets, maxFetchRecordsPerShard=10)
    assert flat(second.read(-1)) == numbers(11, 20)
    assert flat(second.plan()) == numbers(21, 30)


def test_a_replayed_first_batch_is_the_same_though_the_stream_was_trimmed_and_grew(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.put("shard-0", *numbers(1, 5))
    kinesis.trim("shard-0", 2)
    first = start_query()
    assert flat(first.plan()) == numbers(3, 5)
    first.planner.stop()
    kinesis.put("shard-0", "6")
    second = start_query(first.offsets)
    assert flat(second.read(0)) == numbers(3, 5)
    assert flat(second.plan()) == ["6"]


def test_a_lost_spool_is_read_again_from_the_stream(
    kinesis: FakeKinesis, start_query: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_LOCAL_DIRS", str(tmp_path))
    kinesis.put("shard-0", *numbers(1, 20))
    query = start_query(maxFetchRecordsPerShard=15, maxRecordPerRead=4)
    query.plan()
    for path in tmp_path.rglob("*.arrow"):
        path.unlink()
    assert flat(query.read(0)) == numbers(1, 15)


def test_committed_files_are_removed(
    kinesis: FakeKinesis, start_query: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_LOCAL_DIRS", str(tmp_path))
    kinesis.put("shard-0", "a")
    query = start_query()
    query.plan()
    assert len(list(tmp_path.rglob("*.arrow"))) == 1
    query.commit()
    assert list(tmp_path.rglob("*.arrow")) == []
    query.planner.stop()
    assert list(tmp_path.iterdir()) == []


def test_readers_pause_at_a_full_spool_and_batches_go_on(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    big = ["x" * 400_000 for _ in range(8)]
    kinesis.put("shard-0", *big)
    query = start_query(spoolMegabytes=1, maxRecordPerRead=1)
    sizes = []
    while sum(sizes) < 8:
        sizes.append(len(flat(query.plan())))
        query.commit()
    assert sum(sizes) == 8
    assert max(sizes) <= 3


def test_a_batch_may_end_inside_an_aggregate_and_go_on_after_a_restart(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    packed = aggregate(*((f"k{n}", str(n).encode()) for n in range(2, 7)))
    kinesis.put("shard-0", "1", packed, "7")
    first = start_query(maxFetchRecordsPerShard=3)
    assert flat(first.plan()) == numbers(1, 3)
    assert first.offsets[-1]["shards"]["shard-0"]["at"].endswith(":1")
    first.planner.stop()
    second = start_query(first.offsets, maxFetchRecordsPerShard=3)
    assert flat(second.read(0)) == numbers(1, 3)
    assert flat(second.plan()) == numbers(4, 6)
    third = start_query(second.offsets)
    assert flat(third.read(1)) == numbers(4, 6)
    assert flat(third.plan()) == ["7"]


# Starting positions


def test_latest_begins_behind_what_is_there(kinesis: FakeKinesis, start_query: Start) -> None:
    kinesis.put("shard-0", "old")
    query = start_query(startingPosition="latest")
    assert query.plan() == []
    kinesis.put("shard-0", "new")
    assert flat(query.plan()) == ["new"]


def test_latest_is_frozen_at_the_first_planning_even_across_a_crash(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.put("shard-0", "old")
    kinesis.now += 10
    first = start_query(startingPosition="latest")
    first.plan()
    first.planner.stop()
    kinesis.put("shard-0", "while it was down")
    kinesis.now += 10
    second = start_query(first.offsets, startingPosition="latest")
    assert flat(second.plan()) == ["while it was down"]


def test_a_time_selects_by_arrival(kinesis: FakeKinesis, start_query: Start) -> None:
    kinesis.put("shard-0", "before")
    kinesis.now += 60
    kinesis.put("shard-0", "after")
    query = start_query(startingPosition="AT_TIMESTAMP 2026-01-01T00:00:30Z")
    assert flat(query.plan()) == ["after"]


def test_the_starting_position_does_not_matter_with_a_checkpoint(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.put("shard-0", "a")
    first = start_query()
    first.plan()
    first.planner.stop()
    kinesis.put("shard-0", "b")
    assert flat(start_query(first.offsets, startingPosition="latest").plan()) == ["b"]


# Descent


def test_a_closed_parent_is_read_to_its_end_before_its_children(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.put("shard-0", *numbers(1, 25))
    kinesis.reshard(("shard-0",), ("left", "right"))
    kinesis.put("left", "l1", "l2")
    kinesis.put("right", "r1")
    query = start_query(maxFetchRecordsPerShard=10, maxRecordPerRead=7)
    assert flat(query.plan()) == numbers(1, 10)
    assert flat(query.plan()) == numbers(11, 20)
    assert flat(query.plan()) == [*numbers(21, 25), "l1", "l2", "r1"]


def test_a_merged_shard_follows_both_parents(kinesis: FakeKinesis, start_query: Start) -> None:
    kinesis.reshard((), ("a", "b"))
    kinesis.put("a", *numbers(1, 12))
    kinesis.put("b", "b1")
    kinesis.reshard(("a", "b"), ("merged",))
    kinesis.put("merged", "m1")
    query = start_query(maxFetchRecordsPerShard=10, maxRecordPerRead=5)
    assert flat(query.plan()) == [*numbers(1, 10), "b1"]
    assert flat(query.plan()) == ["11", "12", "m1"]


def test_grandchildren_wait_for_what_is_left_of_their_grandparents(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.put("shard-0", *numbers(1, 15))
    kinesis.reshard(("shard-0",), ("child",))
    kinesis.reshard(("child",), ("grandchild",))
    kinesis.put("grandchild", "g")
    query = start_query(maxFetchRecordsPerShard=10, maxRecordPerRead=15)
    assert flat(query.plan()) == numbers(1, 10)
    assert flat(query.plan()) == [*numbers(11, 15), "g"]


def test_a_stream_resharded_while_it_is_read_loses_nothing(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.put("shard-0", "p1")
    query = start_query()
    assert flat(query.plan()) == ["p1"]
    kinesis.put("shard-0", "p2")
    kinesis.reshard(("shard-0",), ("left", "right"))
    kinesis.put("left", "l1")
    assert flat(query.plan()) == ["p2", "l1"]
    kinesis.reshard(("left", "right"), ("merged",))
    kinesis.put("merged", "m1")
    assert flat(query.plan()) == ["m1"]


@pytest.mark.parametrize("crash_after", [1, 2, 3, 4])
def test_a_restart_anywhere_in_a_resharding_gives_the_same_batches(
    kinesis: FakeKinesis, start_query: Start, crash_after: int
) -> None:
    kinesis.put("shard-0", *numbers(1, 25))
    kinesis.reshard(("shard-0",), ("left", "right"))
    kinesis.put("left", *numbers(100, 112))
    settings = {"maxFetchRecordsPerShard": 10, "maxRecordPerRead": 4}
    expected = [flat(batch) for batch in _drain(start_query(**settings))]
    query = start_query(**settings)
    found = [flat(query.plan()) for _ in range(min(crash_after, len(expected)))]
    query.planner.stop()
    again = start_query(query.offsets, **settings)
    assert flat(again.read(-1)) == found[-1]
    found += [flat(batch) for batch in _drain(again)]
    assert found == expected


def test_closed_shards_are_skipped_at_latest(kinesis: FakeKinesis, start_query: Start) -> None:
    kinesis.put("shard-0", "old")
    kinesis.reshard(("shard-0",), ("left",))
    query = start_query(startingPosition="latest")
    query.plan()
    kinesis.put("left", "new")
    assert flat(query.plan()) == ["new"]
    assert {p["ShardId"] for p in kinesis.calls("GetShardIterator")} == {"left"}


def test_a_shard_born_after_latest_was_frozen_is_read_from_its_start(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    query = start_query(startingPosition="latest")
    query.plan()
    kinesis.reshard(("shard-0",), ("left",))
    kinesis.now -= 5  # clocks of shards differ
    kinesis.put("left", "new")
    assert flat(query.plan()) == ["new"]


# Faults


def test_expired_iterators_are_asked_for_again_behind_the_last_record(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    last = kinesis.put("shard-0", "a", "b")[-1]
    query = start_query()
    query.plan()
    kinesis.expire_iterators()
    kinesis.put("shard-0", "c")
    assert flat(query.plan()) == ["c"]
    asked = kinesis.calls("GetShardIterator")[-1]
    assert asked["ShardIteratorType"] == "AFTER_SEQUENCE_NUMBER"
    assert asked["StartingSequenceNumber"] == last


def test_iterators_that_always_expire_end_in_an_error(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.fail("GetRecords", *["ExpiredIteratorException"] * 99)
    with pytest.raises(KinesisRequestError, match="stream orders, shard shard-0: Expired"):
        start_query().plan()


def test_throttling_delays_and_loses_nothing(kinesis: FakeKinesis, start_query: Start) -> None:
    kinesis.put("shard-0", *numbers(1, 30))
    kinesis.fail("GetRecords", *["ProvisionedThroughputExceededException"] * 3)
    kinesis.fail("GetShardIterator", "LimitExceededException")
    kinesis.fail("ListShards", "LimitExceededException", "LimitExceededException")
    assert flat(start_query(maxRecordPerRead=7).plan()) == numbers(1, 30)


def test_a_reader_that_gives_up_fails_the_planning(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.fail("GetRecords", *["InternalFailure"] * 4, status=500)
    with pytest.raises(KinesisRequestError, match=r"shard shard-0: GetRecords: InternalFailure"):
        start_query().plan()


def test_records_trimmed_before_they_were_read_fail_if_so_wanted(
    kinesis: FakeKinesis, start_query: Start, caplog: pytest.LogCaptureFixture
) -> None:
    kinesis.put("shard-0", *numbers(1, 5))
    first = start_query()
    first.plan()
    first.planner.stop()
    kinesis.put("shard-0", *numbers(6, 9))
    kinesis.trim("shard-0", 7)
    with pytest.raises(DataLossError, match="stream orders, shard shard-0: the oldest record"):
        start_query(list(first.offsets), failOnDataLoss=True).plan()
    assert flat(start_query(list(first.offsets)).plan()) == numbers(8, 9)
    assert "records may be lost" in caplog.text


def test_records_trimmed_before_a_replay_fail_if_so_wanted(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.put("shard-0", *numbers(1, 5))
    first = start_query()
    first.plan()
    first.planner.stop()
    kinesis.trim("shard-0", 2)
    with pytest.raises(DataLossError):
        start_query(list(first.offsets), failOnDataLoss=True).read(0)
    assert flat(start_query(list(first.offsets)).read(0)) == numbers(3, 5)


def test_a_shard_that_left_the_stream_fails_if_so_wanted(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.put("shard-0", "a")
    first = start_query()
    first.plan()
    first.planner.stop()
    kinesis.reshard((), ("other",))
    kinesis.put("other", "b")
    del kinesis.shards["shard-0"]
    with pytest.raises(DataLossError, match="gone from the stream"):
        start_query(list(first.offsets), failOnDataLoss=True)
    assert flat(start_query(list(first.offsets)).plan()) == ["b"]


def test_a_shard_that_leaves_the_stream_under_the_reader_does_not_stop_the_others(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.reshard((), ("other",))
    query = start_query()
    query.plan()
    del kinesis.shards["shard-0"]
    kinesis.put("other", "b")
    assert flat(query.plan()) == ["b"]


def test_an_unknown_stream_is_an_error_with_its_name(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.fail("ListShards", "ResourceNotFoundException")
    with pytest.raises(KinesisRequestError, match="stream orders: ListShards: ResourceNotFound"):
        start_query().plan()


def _drain(query: Any) -> list[list[list[str]]]:
    batches = []
    while batch := query.plan():
        batches.append(batch)
    return batches
