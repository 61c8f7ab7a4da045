"""Delta tables, read and appended by path as the Delta Lake framework of Glue does it.

Source: AWS Glue developer guide, "Using the Delta Lake framework in AWS Glue".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pyspark.sql import DataFrame, SparkSession

from gluelocal.errors import CatalogTableError, DatalakeFormatError

_EXTENSION: Final = "io.delta.sql.DeltaSparkSessionExtension"
_CATALOG: Final = "org.apache.spark.sql.delta.catalog.DeltaCatalog"
# What Glue's own connection options say; all others go to Delta's reader or writer.
_OWN: Final = ("path", "paths", "partitionKeys", "recurse", "catalogPartitionPredicate")


def read(spark: SparkSession, options: Mapping[str, Any]) -> DataFrame:
    """The rows of the table at the one path; `versionAsOf` and `timestampAsOf` travel in time.

    Raises:
        CatalogTableError: not one path is named.
        DatalakeFormatError: the session was started without Delta Lake.
    """
    check_session(spark)
    return spark.read.format("delta").options(**_delta_options(options)).load(_path(options))


def append(frame: DataFrame, options: Mapping[str, Any]) -> None:
    """Append the rows to the table at the path; `partitionKeys` count where it is made by this.

    Raises:
        CatalogTableError: not one path is named.
        DatalakeFormatError: the session was started without Delta Lake.
    """
    check_session(frame.sparkSession)
    writer = frame.write.format("delta").mode("append").options(**_delta_options(options))
    keys = list(options.get("partitionKeys") or [])
    (writer.partitionBy(*keys) if keys else writer).save(_path(options))


def check_session(spark: SparkSession) -> None:
    """Raise DatalakeFormatError unless Delta Lake is on the class path and switched on."""
    jvm: Any = spark._jvm  # noqa: SLF001
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    if loader.getResource(_EXTENSION.replace(".", "/") + ".class") is None:
        raise DatalakeFormatError(
            "Delta Lake: not on the class path of this job; give it --datalake-formats delta."
        )
    wanted = {"spark.sql.extensions": _EXTENSION, "spark.sql.catalog.spark_catalog": _CATALOG}
    for key, value in wanted.items():
        found = spark.conf.get(key, "") or ""
        if value not in found.split(","):
            raise DatalakeFormatError(
                f"Delta Lake: {key} is {found!r}; start the job with --conf {key}={value}."
            )


def _path(options: Mapping[str, Any]) -> str:
    given = options.get("paths") or options.get("path") or []
    paths = [given] if isinstance(given, str) else list(given)
    if len(paths) != 1:
        raise CatalogTableError(
            f"connection_options: found {len(paths)} paths; a Delta table has one, name its folder."
        )
    return str(paths[0])


def _delta_options(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key not in _OWN}
