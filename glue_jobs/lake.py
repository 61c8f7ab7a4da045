"""The lake's Delta tables: created from their contracts, read, and appended to once.

A table is found by its path below `--lake-path`. The SQL and DataFrame interfaces alone are used:
Delta's Python package is not on every Glue job's path.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from catalog.tables import LakeTable
from glue_jobs import blobs
from glue_jobs.options import OptionError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

LOG_STORE: Final = "lake_log_store.S3ConditionalLogStore"
_STORE_SETTING: Final = "spark.delta.logStore.s3.impl"
_MESSAGE_CHARACTERS: Final = 400
_CONFLICTS: Final = tuple(
    f"io.delta.exceptions.{kind}" for kind in ("Concurrent", "MetadataChanged", "ProtocolChanged")
)
# For so long a table's log names the files that it does not have any more.
LOG_REMEMBERS: Final = timedelta(days=7)
# A commit every ten seconds makes 8,640 files of log a day. A checkpoint each fifty of them costs a
# second; a reader that starts reads fifty at most.
_PROPERTIES: Final = {
    "delta.checkpointInterval": "50",
    "delta.logRetentionDuration": "interval 7 days",
    "delta.deletedFileRetentionDuration": f"interval {LOG_REMEMBERS.days} days",
}


class LakeError(RuntimeError):
    """Raised when a Delta table cannot be made, read or written, or is not what its contract says;
    in one line. The table is as it was before.
    """


def check(spark: SparkSession, lake: str) -> None:
    """Raise unless `--lake-path` is a folder to which commits are put if nobody was first.

    Raises:
        OptionError: it has another scheme, or is read in two ways, or the session commits to S3
            without the lake's log store.
    """
    blobs.check(lake, "--lake-path")
    if lake.startswith(("s3a:", "s3n:")):
        raise OptionError(
            f"--lake-path: found {lake!r}; allowed are s3://bucket/prefix, file:/path and /path:"
            " the lake's log store is that of s3:// alone"
        )
    if lake.startswith("s3:") and spark.conf.get(_STORE_SETTING, "") != LOG_STORE:
        raise OptionError(
            f"--lake-path: found {lake!r}, and a session without {_STORE_SETTING}={LOG_STORE},"
            " which overwrites commits of other jobs; give it in --conf, its jar in --extra-jars"
        )


def exists(spark: SparkSession, table: LakeTable, lake: str) -> bool:
    """Whether there is a Delta table at the table's place."""
    jvm: Any = spark.sparkContext._jvm  # noqa: SLF001 - PySpark has no other way to it
    session = spark._jsparkSession  # type: ignore[attr-defined]  # noqa: SLF001
    with reported(table, lake):
        return bool(jvm.io.delta.tables.DeltaTable.isDeltaTable(session, table.location(lake)))


def ensure(spark: SparkSession, table: LakeTable, lake: str) -> None:
    """Has the table there: an empty one where there was none, whoever else makes it just now.

    Raises:
        LakeError: it cannot be made, or a column that is there is not of the contract's type.
    """
    if not exists(spark, table, lake):
        _create(spark, table, lake)
    declared = {f.name: f.dataType.simpleString() for f in table.schema.struct_type()}
    check_types(spark, table, lake, declared)


def check_types(spark: SparkSession, table: LakeTable, lake: str, declared: dict[str, str]) -> None:
    """Raise unless the table's columns of these names have these types; it may lack some.

    Raises:
        LakeError: one has another type.
    """
    found = {f.name: f.dataType.simpleString() for f in read(spark, table, lake).schema}
    wrong = [
        f"{name} is {found[name]}, not {kind}"
        for name, kind in declared.items()
        if found.get(name, kind) != kind
    ]
    if wrong:
        raise LakeError(
            f"{table.location(lake)}: {'; '.join(wrong)}; a column keeps its type: declare the new"
            " one under another name, or give another --lake-path"
        )


def read(spark: SparkSession, table: LakeTable, lake: str) -> DataFrame:
    """The table as it stands now, by its path.

    Raises:
        LakeError: there is none, or its log cannot be read.
    """
    with reported(table, lake):
        return spark.read.format("delta").load(table.location(lake))


def append(
    rows: DataFrame,
    table: LakeTable,
    lake: str,
    *,
    app: str,
    version: int,
    note: str,
    evolve: bool = False,
) -> None:
    """Appends the rows in one commit, once for `app` and a `version` that grows.

    A commit of the same app with the same or an earlier version changes nothing. `note` stands in
    the table's history as the commit's `userMetadata`. With `evolve`, columns that the table lacks
    become columns of it.

    Raises:
        LakeError: it cannot be written; nothing is in the table then.
    """
    writer = rows.write.format("delta").mode("append")
    writer = writer.option("txnAppId", app).option("txnVersion", version)
    writer = writer.option("userMetadata", note).option("mergeSchema", str(evolve).lower())
    with reported(table, lake):
        writer.save(table.location(lake))


@contextmanager
def reported(table: LakeTable, lake: str) -> Iterator[None]:
    """What Spark, Delta and their file systems raise inside, as one line that says where.

    Raises:
        LakeError: instead of them.
    """
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        raise LakeError(f"{table.location(lake)}: {message(error)}") from error


def is_conflict(error: Exception) -> bool:
    """Whether Delta gave up because another commit was first; what it wrote is in no table."""
    cause = error.__cause__
    java = getattr(cause, "java_exception", None) or getattr(cause, "_origin", None)
    while java is not None:
        if java.getClass().getName().startswith(_CONFLICTS):
            return True
        java = java.getCause()
    return False


def message(error: PySparkException | Py4JJavaError) -> str:
    """The first line of what was raised and, where that is another, of what caused it."""
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    if java is None:
        return _first_line(str(error))
    root = java
    while root.getCause() is not None:
        root = root.getCause()
    lines = dict.fromkeys(_first_line(e.getMessage() or e.toString()) for e in (java, root))
    return "; ".join(lines)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:_MESSAGE_CHARACTERS]


def _create(spark: SparkSession, table: LakeTable, lake: str) -> None:
    # CREATE TABLE refuses a folder in which another has begun to make the table, or had.
    none = spark.createDataFrame([], table.schema.struct_type())
    writer = none.write.format("delta").mode("ignore").partitionBy(table.partition_key)
    properties = {**_PROPERTIES, "delta.dataSkippingStatsColumns": ",".join(table.statistics)}
    with reported(table, lake):
        try:
            writer.options(**properties).save(table.location(lake))
        except (PySparkException, Py4JJavaError):
            # Whoever loses a race for the first commit is told so as an error.
            if not exists(spark, table, lake):
                raise
