"""A sample of a stream through the Kinesis API: the oldest records of every shard."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.discovery import Sampled
from localaws.errors import LocalCloudError

# Kinesis may answer without records before the end of a shard; in an empty one it always does.
_EMPTY_ANSWERS = 5
_PAUSE_SECONDS = 0.2
_PAGE = 10_000


@dataclass(frozen=True)
class Sample:
    """Records of a stream, and the stream's ARN."""

    stream_arn: str
    records: list[Sampled]


def sample_stream(
    kinesis: Any, stream: str, size: int, pause: Callable[[float], object] | None = None
) -> Sample:
    """At most `size` records, about as many of each shard.

    Raises:
        LocalCloudError: there is no such stream, or it has no records.
    """
    try:
        arn = _arn(kinesis, stream)
        read = [
            _read(kinesis, stream, shard["ShardId"], size, pause or threading.Event().wait)
            for shard in _shards(kinesis, stream)
        ]
    except (BotoCoreError, ClientError) as error:
        raise LocalCloudError(f"stream {stream!r}: cannot be read: {error}") from error
    records = _evenly(read, size)
    if not records:
        raise LocalCloudError(f"stream {stream!r}: has no records; send some first")
    return Sample(arn, records)


def _arn(kinesis: Any, stream: str) -> str:
    try:
        answer = kinesis.describe_stream_summary(StreamName=stream)
    except kinesis.exceptions.ResourceNotFoundException as error:
        names = kinesis.list_streams()["StreamNames"]
        raise LocalCloudError(f"stream {stream!r}: not found; the streams are {names}") from error
    return str(answer["StreamDescriptionSummary"]["StreamARN"])


def _shards(kinesis: Any, stream: str) -> list[dict[str, Any]]:
    pages = kinesis.get_paginator("list_shards").paginate(StreamName=stream)
    return [shard for page in pages for shard in page["Shards"]]


def _read(
    kinesis: Any, stream: str, shard: str, size: int, wait: Callable[[float], object]
) -> list[Sampled]:
    """The shard's oldest records."""
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found: list[Sampled] = []
    empty = 0
    while iterator and len(found) < size and empty < _EMPTY_ANSWERS:
        page = kinesis.get_records(ShardIterator=iterator, Limit=min(size - len(found), _PAGE))
        found += [Sampled(f"{stream}/{r['SequenceNumber']}", r["Data"]) for r in page["Records"]]
        iterator = page.get("NextShardIterator")
        if not page["Records"]:
            if page.get("MillisBehindLatest") == 0:
                break
            empty += 1
            wait(_PAUSE_SECONDS)
    return found


def _evenly(shards: list[list[Sampled]], size: int) -> list[Sampled]:
    """As many of each shard as there are; what one lacks the others give."""
    taken: list[Sampled] = []
    for place, shard in enumerate(sorted(shards, key=len)):
        taken += shard[: math.ceil((size - len(taken)) / (len(shards) - place))]
    return taken
