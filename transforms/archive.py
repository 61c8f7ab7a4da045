"""Records of the clickstream -> rows of the history, each event once.

records [cached] -> arrivals() -> where the same events may be archived: repeated(), and if any are,
doubts() -> verdicts() -> clicks() | duplicates(), and the rejects -> click_rejects()
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, reduce
from operator import or_
from typing import TYPE_CHECKING, Final

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from catalog.columns import Column as Declared
from catalog.columns import Schema
from catalog.lake import CLICK_REJECTS, CLICKS
from catalog.streams import CLICKSTREAM
from transforms import payloads
from transforms import rejects as R
from transforms.contract import conform
from transforms.intervals import Interval
from transforms.rules import DAY_MS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql import types as T

HOUR_MS: Final = 3_600_000
# Of the keys of a batch: so many that none is large, and too few for Spark to sort them instead.
_PARTS: Final = 64
_POSITION: Final = ("stream", "sequence_number")
# Verdicts on an event whose key is there more than once.
NEW, THERE, DUPLICATE = "new", "there", "duplicate"


def table_schema(declared: T.StructType) -> Schema:
    """The columns of `clicks` for a stream whose fields are `declared`: what that has beyond its
    contract comes last.

    Raises:
        CatalogError: a field has the name of another column, or a name or type that no column has.
    """
    further = (
        Declared(field.name, field.dataType.simpleString(), "as the Data Catalog declares it")
        for field in declared.fields
        if field.name not in CLICKSTREAM.schema.names
    )
    return CLICKS.schema.plus(*further)


def arrivals(records: DataFrame) -> DataFrame:
    """One row: `good` and `set_aside` records, how many of the good are `with_data` and may hold
    fields that nobody declared, `last_arrival_at`, and the `earliest` and `latest` event time of
    the good ones (epoch ms; null for none).
    """
    return records.agg(*_arrivals())


def hours(records: DataFrame) -> DataFrame:
    """One row an hour that has good events: their `earliest` and `latest` event time."""
    good = records.where(_is_good())
    return good.groupBy(_hour()).agg(*_span()).select("earliest", "latest")


def within(archived: DataFrame, intervals: Iterable[Interval]) -> DataFrame:
    """The rows of `clicks` that lie in the intervals.

    Days and event times are tested apart: a table's reader knows both of a file before it opens it.
    """
    day, at = F.col("event_date"), F.col("event_timestamp")
    days, times = [], []
    for interval in intervals:
        first, last = (F.date_from_unix_date(F.lit(day)) for day in interval.days)
        days.append(day.between(first, last))
        times.append(at.between(interval.start, interval.end))
    return archived.where(reduce(or_, days)).where(reduce(or_, times))


def repeated(records: DataFrame, archived: DataFrame) -> DataFrame:
    """One row: `times` that a key of good records is there again, among them or archived.

    Which events they are is asked where there are any alone. Arrays of keys take half the time of
    groups of one. For the archive the keys of the records are the side that is kept in memory.
    """
    keys = records.where(_is_good()).select("event_key")
    found = keys.groupBy(F.pmod("event_key", F.lit(_PARTS))).agg(F.collect_list("event_key"))
    found = found.toDF("part", "keys")
    among = found.select((F.size("keys") - F.size(F.array_distinct("keys"))).alias("times"))
    before = archived.select("event_key").join(keys.hint("shuffle_hash"), "event_key", "left_semi")
    both = among.unionByName(before.select(F.lit(1).alias("times")))
    return both.agg(F.coalesce(F.sum("times"), F.lit(0)).alias("times"))


def doubts(records: DataFrame, archived: DataFrame) -> DataFrame:
    """One row a key of good records that is there again: `event_key` and, where an event with it is
    archived, that one's position; null where it is twice among the records.
    """
    keys = records.where(_is_good()).select("event_key")
    before = archived.select("event_key", *_POSITION).join(keys, "event_key", "left_semi")
    twice = keys.groupBy("event_key").count().where("count > 1").select("event_key")
    none = F.lit(None).cast("string")
    return before.unionByName(twice.select("event_key", *(none.alias(name) for name in _POSITION)))


def verdicts(records: DataFrame, doubted: DataFrame) -> DataFrame:
    """One row a good record whose key is doubted: its position and `verdict`.

    `there`: it is this record that is archived, in an earlier try of its batch or before the
    checkpoint was lost. `duplicate`: another one is, or comes earlier. `new`: neither.
    """
    archived = doubted.where(F.col("sequence_number").isNotNull())
    keys = doubted.groupBy("event_key").agg(F.count("sequence_number").alias("archived"))
    there = archived.select(*_POSITION).distinct().withColumn("is_there", F.lit(True))
    length = F.length("sequence_number")
    order = Window.partitionBy("event_key").orderBy("arrived_at", length, "sequence_number")
    doubtful = (
        records.where(_is_good())
        .select("event_key", "arrived_at", *_POSITION)
        .join(keys, "event_key")
        .join(there, list(_POSITION), "left")
        .withColumn("number", F.row_number().over(order))
    )
    is_new = (F.col("archived") == 0) & (F.col("number") == 1)
    verdict = F.when(F.col("is_there"), THERE).when(is_new, NEW).otherwise(DUPLICATE)
    return doubtful.select(*_POSITION, verdict.alias("verdict"))


def without(records: DataFrame, judged: DataFrame) -> DataFrame:
    """The good records that are not archived yet, each event once."""
    known = judged.where(F.col("verdict") != NEW).select(*_POSITION)
    return records.join(known, list(_POSITION), "left_anti")


def duplicates(records: DataFrame, judged: DataFrame) -> DataFrame:
    """The records whose event stands in the table by another record, as rejects."""
    found = judged.where(F.col("verdict") == DUPLICATE).select(
        "sequence_number",
        F.lit(DUPLICATE).alias("reason"),
        F.lit("an event with this id is archived; allowed is each once").alias("detail"),
    )
    return R.with_reasons(records.where(_is_good()), found)


def clicks(records: DataFrame, schema: Schema, *, with_data: bool) -> DataFrame:
    """One row a good record: `clicks`, with the columns of `table_schema`.

    Without `with_data` no record has fields that nobody declared, and none is looked at for them.
    """
    further = [name for name in schema.names if name not in CLICKS.schema.names]
    others = F.lit(None).cast(CLICKS.schema["other"].type)
    if with_data:
        declared = (*CLICKSTREAM.schema.names, *further)
        others = payloads.undeclared(F.col("data").cast("string"), declared)
    rows = (
        records.where(_is_good())
        .withColumns({"other": others, CLICKS.partition_key: _day(F.col("event_timestamp"))})
        .select(
            *CLICKS.schema.names,
            *(F.col("further")[name].alias(name) for name in further),
        )
    )
    return conform(rows, schema, stage="clicks")


def click_rejects(set_aside: Sequence[DataFrame], job: str) -> DataFrame:
    """One row a record that was set aside: `click_rejects`."""
    records = reduce(lambda some, more: some.unionByName(more), set_aside)
    date = F.to_date(F.substring("arrived_at", 1, 10))
    rows = R.rejects(records, job).drop("job", "expires_at")
    rows = rows.withColumn(CLICK_REJECTS.partition_key, date)
    return conform(rows, CLICK_REJECTS.schema, stage="click_rejects")


def arrival_span(rejects: DataFrame) -> DataFrame:
    """One row: the first and the last arrival of rejects, `earliest` and `latest`, as they are."""
    return rejects.agg(F.min("arrived_at").alias("earliest"), F.max("arrived_at").alias("latest"))


def not_yet(rejects: DataFrame, archived: DataFrame, earliest: str, latest: str) -> DataFrame:
    """The rejects whose records are not in the table yet.

    A record arrives once: only files with arrivals between those of the rejects are opened.
    """
    near = archived.where(F.col("arrived_at").between(earliest, latest))
    days = F.col(CLICK_REJECTS.partition_key).between(earliest[:10], latest[:10])
    return rejects.join(near.where(days).select("position"), "position", "left_anti")


def _is_good() -> Column:
    return F.col("reason").isNull()


@cache
def _hour() -> Column:
    return F.floor(F.col("event_timestamp") / HOUR_MS)


@cache
def _arrivals() -> list[Column]:
    return [
        F.count_if(_is_good()).alias("good"),
        F.count_if(~_is_good()).alias("set_aside"),
        F.count_if(_is_good() & F.col("data").isNotNull()).alias("with_data"),
        F.max("arrived_at").alias("last_arrival_at"),
        *_span(),
    ]


def _span() -> list[Column]:
    at = F.when(_is_good(), F.col("event_timestamp"))
    return [F.min(at).alias("earliest"), F.max(at).alias("latest")]


def _day(epoch_ms: Column) -> Column:
    """The day of an instant, UTC whatever time zone the session has."""
    return F.date_from_unix_date(F.floor(epoch_ms / DAY_MS).cast("int"))
