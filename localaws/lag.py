"""How far the job is behind its stream: records put that no finished batch has read."""

from __future__ import annotations

import json
import re
from typing import Any

from localaws.clients import Clients
from localaws.deploy import BUCKET

# Counting reads the records, so it stops here.
COUNTED_AT_MOST = 20_000
_PAGE = 10_000


def waiting_records(clients: Clients, stream: str, checkpoint: str) -> dict[str, int]:
    """Waiting records of each shard, counted up to a limit; `checkpoint` is a prefix in the bucket.

    The positions are those of the checkpoint's last finished batch, as the Kinesis source of
    `awsglue-local` writes them.
    """
    done = _finished_positions(clients, checkpoint)
    shards = clients["kinesis"].list_shards(StreamName=stream)["Shards"]
    return {
        shard["ShardId"]: _count_after(
            clients, stream, shard["ShardId"], done.get(shard["ShardId"])
        )
        for shard in shards
    }


def _count_after(clients: Clients, stream: str, shard: str, position: str | None) -> int:
    start: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
    if position is not None:
        start = {
            "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
            "StartingSequenceNumber": position.partition(":")[0],
        }
    kinesis = clients["kinesis"]
    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, **start)[
        "ShardIterator"
    ]
    count = 0
    while iterator and count < COUNTED_AT_MOST:
        page = kinesis.get_records(ShardIterator=iterator, Limit=_PAGE)
        if not page["Records"]:
            break
        count += len(page["Records"])
        iterator = page.get("NextShardIterator")
    return count


def _finished_positions(clients: Clients, checkpoint: str) -> dict[str, str]:
    """The last record of each shard in the checkpoint's last finished batch."""
    batches = [
        int(found.group(1))
        for key in _keys(clients, f"{checkpoint}commits/")
        if (found := re.search(r"/(\d+)$", key))
    ]
    if not batches:
        return {}
    body = clients["s3"].get_object(Bucket=BUCKET, Key=f"{checkpoint}offsets/{max(batches)}")
    return shard_positions(body["Body"].read().decode())


def shard_positions(offset_file: str) -> dict[str, str]:
    """Positions in the text of a checkpoint's offset file: version, metadata, one line a source."""
    offset: dict[str, Any] = json.loads(offset_file.splitlines()[2])
    return {shard: at["at"] for shard, at in offset["shards"].items() if "at" in at}


def _keys(clients: Clients, prefix: str) -> list[str]:
    pages = clients["s3"].get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", ())]
