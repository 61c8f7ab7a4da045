"""How far a stream has been read."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def progress(records: DataFrame) -> DataFrame:
    """One row: `good` and `set_aside` records, `last_arrival_at` (epoch ms), and `clock`, the event
    time that the stream has been read up to. Of an event whose clock ran ahead, and of one without
    a time, its arrival counts.

    Shards are read at their own pace. Which shard a record is of nobody says, but the digest of
    its partition key does for the ranges of keys that shards are: 256 ranges are told apart, and
    all of them have been read up to the earliest of their last arrivals. The clock is the latest
    event time among what had arrived by then, of whichever range: nobody whose clock is slow holds
    it up.
    """
    last = records.groupBy(_key_range()).agg(F.max("arrived_at").alias("last"))
    read_to = last.agg(F.min("last").alias("read_to"))
    return records.crossJoin(F.broadcast(read_to)).agg(*_progress())


@cache
def _progress() -> list[Column]:
    good = F.col("reason").isNull()
    counts = good & (F.col("arrived_at") <= F.col("read_to"))
    return [
        F.count_if(good).alias("good"),
        F.count_if(~good).alias("set_aside"),
        F.max("arrived_at").alias("last_arrival_at"),
        F.max(F.when(counts, F.least("event_timestamp", "arrived_at"))).alias("clock"),
    ]


@cache
def _key_range() -> Column:
    return F.substring(F.md5("partition_key"), 1, 2).alias("key_range")
