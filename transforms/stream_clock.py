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

    Shards are read at their own pace, and the slowest one counts. Which shard a record is of
    nobody says, but the digest of its partition key does for the ranges of keys that shards are:
    256 ranges are told apart, and the clock is that of the one with the earliest last arrival, the
    highest of several.
    """
    by_range = records.groupBy(_key_range()).agg(
        F.count_if(_good()).alias("good"),
        F.count("*").alias("records"),
        F.max("arrived_at").alias("arrived_at"),
        F.max(F.when(_good(), F.least("event_timestamp", "arrived_at"))).alias("clock"),
    )
    behind = (-F.col("clock")).alias("behind")
    read = F.when(behind.isNotNull(), F.struct("arrived_at", behind))
    return by_range.agg(
        F.sum("good").alias("good"),
        (F.sum("records") - F.sum("good")).alias("set_aside"),
        F.max("arrived_at").alias("last_arrival_at"),
        (-F.min(read)["behind"]).alias("clock"),
    )


@cache
def _good() -> Column:
    return F.col("reason").isNull()


@cache
def _key_range() -> Column:
    return F.substring(F.md5("partition_key"), 1, 2).alias("key_range")
