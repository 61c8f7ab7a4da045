"""Files on S3 or on disk, read and appended through Spark's own formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pyspark.sql import DataFrame, SparkSession

from gluelocal import delta
from gluelocal.errors import CatalogTableError
from gluelocal.kinesis import is_true
from gluelocal.parity import MissingOption

_SPARK_NAMES: Final = {
    "json": "json",
    "csv": "csv",
    "parquet": "parquet",
    "glueparquet": "parquet",
    "orc": "orc",
}
_OTHER_FORMAT: Final = MissingOption(
    "a file format other than json, csv, parquet, glueparquet, orc and delta", "use one of these"
)
# Glue's option on the left, Spark's on the right.
_CSV_OPTIONS: Final = {"separator": "sep", "escaper": "escape", "multiLine": "multiLine"}


def read_files(
    spark: SparkSession, options: Mapping[str, Any], file_format: str | None,
    format_options: Mapping[str, Any],
) -> DataFrame:  # fmt: skip
    """The rows of all files under the `paths` (or the `path`) of the options."""
    if str(file_format).lower() == "delta":
        return delta.read(spark, options)
    given = options.get("paths") or options.get("path")
    if not given:
        raise CatalogTableError("connection_options: paths is missing; name what to read.")
    reader = spark.read.format(_spark_name(file_format))
    if is_true(options.get("recurse", False)):
        reader = reader.option("recursiveFileLookup", "true")
    for key, value in _reader_options(str(file_format).lower(), format_options).items():
        reader = reader.option(key, value)
    return reader.load([given] if isinstance(given, str) else list(given))


def write_files(
    frame: DataFrame, options: Mapping[str, Any], file_format: str | None,
    format_options: Mapping[str, Any],
) -> None:  # fmt: skip
    """Append the rows to a Delta table, or as new files in `k=v` folders of `partitionKeys`."""
    if str(file_format).lower() == "delta":
        delta.append(frame, options)
        return
    path = options.get("path")
    if not path:
        raise CatalogTableError("connection_options: path is missing; name where to write.")
    name = _spark_name(file_format)
    writer = frame.write.mode("append").format(name)
    keys = list(options.get("partitionKeys") or [])
    if keys:
        writer = writer.partitionBy(*keys)
    compression = options.get("compression") or format_options.get("compression")
    if compression:
        writer = writer.option("compression", str(compression))
    if name == "csv":
        header = str(format_options.get("writeHeader", True)).lower()
        separator = str(format_options.get("separator", ","))
        writer = writer.option("header", header).option("sep", separator)
    writer.save(str(path))


def _spark_name(file_format: str | None) -> str:
    name = _SPARK_NAMES.get(str(file_format).lower())
    if name is None:
        raise _OTHER_FORMAT.error(str(file_format))
    return name


def _reader_options(file_format: str, format_options: Mapping[str, Any]) -> dict[str, str]:
    if file_format == "json":
        return {"multiLine": str(is_true(format_options.get("multiline", False))).lower()}
    if file_format != "csv":
        return {}
    found = {
        spark: str(format_options[glue])
        for glue, spark in _CSV_OPTIONS.items()
        if glue in format_options
    }
    quote = str(format_options.get("quoteChar", '"'))
    header = str(is_true(format_options.get("withHeader", False))).lower()
    return {**found, "header": header, "quote": "" if quote == "-1" else quote}
