"""The loopback endpoint that holds back all but a lead-in."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from benchmarks.kinesis_loopback import PreparedShard, prepare
from benchmarks.price_stream import hold_back

START = 0


@pytest.fixture
def shard() -> PreparedShard:
    """One shard of five records, two a page."""

    def events() -> Iterator[tuple[str, bytes]]:
        yield from ((f"user-{n}", b"%d" % n) for n in range(6))

    return prepare(events(), shards=1, page=2)[0]


def answer(shard: PreparedShard, start: int) -> tuple[int, str, int]:
    found = json.loads(shard.answer(start, 10))
    return len(found["Records"]), found["NextShardIterator"], found["MillisBehindLatest"]


def test_the_first_page_looks_like_all_there_is(shard: PreparedShard) -> None:
    hold_back([shard])
    assert answer(shard, START) == (2, "shardId-000000000000/2", 0)


def test_behind_it_nothing_comes_however_often_one_asks(shard: PreparedShard) -> None:
    hold_back([shard])
    assert answer(shard, 2) == answer(shard, 2) == (0, "shardId-000000000000/2", 0)


def test_once_let_go_the_rest_follows_where_the_reader_stands(shard: PreparedShard) -> None:
    hold_back([shard])()
    assert answer(shard, 2) == (2, "shardId-000000000000/4", 60_000)
    assert answer(shard, 4) == (2, "shardId-000000000000/6", 0)
    assert answer(shard, 6) == (0, "shardId-000000000000/6", 0)
