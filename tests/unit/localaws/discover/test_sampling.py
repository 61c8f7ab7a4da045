"""A sample takes the oldest records of every shard, about as many of each."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws.errors import LocalCloudError
from localaws.sampling import sample_stream


class NotFoundError(ClientError):
    """As boto3 raises it for a stream that there is not."""


class FakeKinesis:
    """A stream `clicks` of shards with so many records; each read gives one, the first nothing."""

    class exceptions:  # noqa: N801 - boto3's name
        ResourceNotFoundException = NotFoundError

    def __init__(self, **shards: int) -> None:
        self.shards = shards
        self.reads = 0

    def describe_stream_summary(self, StreamName: str) -> dict[str, Any]:  # noqa: N803
        if StreamName != "clicks":
            raise NotFoundError({"Error": {"Code": "ResourceNotFoundException"}}, "Describe")
        return {"StreamDescriptionSummary": {"StreamARN": "arn:clicks"}}

    def list_streams(self) -> dict[str, Any]:
        return {"StreamNames": ["clicks"]}

    def get_paginator(self, name: str) -> FakeKinesis:
        assert name == "list_shards"
        return self

    def paginate(self, StreamName: str) -> list[dict[str, Any]]:  # noqa: N803
        return [{"Shards": [{"ShardId": shard} for shard in self.shards]}]

    def get_shard_iterator(self, ShardId: str, **_: str) -> dict[str, str]:  # noqa: N803
        return {"ShardIterator": f"{ShardId}/-1"}

    def get_records(self, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803
        self.reads += 1
        shard, _, place = ShardIterator.partition("/")
        at = int(place)
        there = 0 <= at < self.shards[shard]
        records = [{"SequenceNumber": f"{shard}{at}", "Data": b"{}"}] if there else []
        behind = 0 if at >= self.shards[shard] else 9
        nxt = f"{shard}/{at + 1}"
        return {"Records": records, "NextShardIterator": nxt, "MillisBehindLatest": behind}


def _positions(size: int, **shards: int) -> list[str]:
    sample = sample_stream(FakeKinesis(**shards), "clicks", size, lambda _: None)
    assert sample.stream_arn == "arn:clicks"
    return sorted(record.position for record in sample.records)


def test_every_shard_gives_about_as_many() -> None:
    assert _positions(4, a=9, b=9) == ["clicks/a0", "clicks/a1", "clicks/b0", "clicks/b1"]


def test_what_one_shard_lacks_the_others_give() -> None:
    assert _positions(4, a=9, b=1, c=0) == ["clicks/a0", "clicks/a1", "clicks/a2", "clicks/b0"]


def test_a_stream_with_fewer_records_gives_them_all() -> None:
    assert _positions(99, a=1, b=1) == ["clicks/a0", "clicks/b0"]


def test_a_shard_that_never_answers_with_records_is_given_up() -> None:
    kinesis = FakeKinesis(a=1)
    kinesis.get_records = lambda **_: {  # type: ignore[method-assign]
        "Records": [],
        "NextShardIterator": "a/0",
        "MillisBehindLatest": 9,
    }
    with pytest.raises(LocalCloudError, match="has no records; send some first"):
        sample_stream(kinesis, "clicks", 5, lambda _: None)


def test_a_stream_that_there_is_not_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(LocalCloudError, match=r"'cliks': not found; the streams are \['clicks'\]"):
        sample_stream(FakeKinesis(), "cliks", 5)
