"""Which code reads and writes each connection type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pyspark.sql import DataFrame, SparkSession

from gluelocal import dynamodb_read, dynamodb_write, kinesis
from gluelocal.content import Content
from gluelocal.datacatalog import CatalogTable
from gluelocal.errors import CatalogTableError
from gluelocal.files_io import read_files, write_files
from gluelocal.parity import MissingOption

_FILE_TYPES: Final = ("s3", "file", "parquet", "orc")
_STREAM: Final = MissingOption(
    "a streaming source other than kinesis", "read Kafka through spark.readStream"
)
_CONNECTION: Final = MissingOption(
    "a connection type other than dynamodb, s3, file, parquet and orc",
    "use a Spark data source where there is one",
)
_TABLE: Final = MissingOption(
    "a catalog table stored elsewhere than in DynamoDB or S3", "name the store by from_options"
)
_EXPORT: Final = MissingOption("the option `dynamodb.export`", "leave it out to scan the table")


def read_stream(spark: SparkSession, connection_type: str, options: Mapping[str, Any]) -> DataFrame:
    """The stream of a connection type."""
    if connection_type == "kinesis":
        return kinesis.read_options(spark, options)
    raise _STREAM.error(connection_type)


def read_content(
    spark: SparkSession, connection_type: str, options: Mapping[str, Any], file_format: str | None,
    format_options: Mapping[str, Any],
) -> Content:  # fmt: skip
    """The records behind a connection type."""
    if connection_type == "dynamodb":
        if "dynamodb.export" in options:
            raise _EXPORT.error()
        return Content(*dynamodb_read.scan(spark, dynamodb_read.scan_request(options)))
    if connection_type in _FILE_TYPES:
        kind = connection_type if connection_type in ("parquet", "orc") else file_format
        return Content.of(read_files(spark, options, kind, format_options))
    raise _CONNECTION.error(connection_type)


def read_catalog_stream(
    spark: SparkSession, table: CatalogTable, options: Mapping[str, Any]
) -> DataFrame:
    """The stream behind a catalog table."""
    if table.kind == "kinesis":
        return kinesis.read_table(spark, table, options)
    raise _STREAM.error(table.kind)


def catalog_read_options(
    table: CatalogTable, options: Mapping[str, Any]
) -> tuple[str, dict[str, Any], str | None]:
    """Connection type, connection options and format under which a table is read."""
    if table.kind == "dynamodb":
        return "dynamodb", {"dynamodb.input.tableName": table.dynamodb_table, **options}, None
    if table.kind == "s3" and table.location:
        return "s3", {"paths": [table.location], **options}, _file_format(table)
    raise _TABLE.error(table.kind)


def catalog_write_options(
    table: CatalogTable, options: Mapping[str, Any]
) -> tuple[str, dict[str, Any], str | None]:
    """Connection type, connection options and format under which a table is written."""
    if table.kind == "dynamodb":
        return "dynamodb", {"dynamodb.output.tableName": table.dynamodb_table, **options}, None
    if table.kind == "s3" and table.location:
        given = {"path": table.location, "partitionKeys": list(table.partition_keys), **options}
        return "s3", given, _file_format(table)
    raise _TABLE.error(table.kind)


def write_content(
    content: Content, connection_type: str, options: Mapping[str, Any], file_format: str | None,
    format_options: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write the good records of a frame."""
    if connection_type == "dynamodb":
        request = dynamodb_write.write_request(options)
        dynamodb_write.write(content.frame, content.types, request)
    elif connection_type in _FILE_TYPES:
        kind = connection_type if connection_type in ("parquet", "orc") else file_format
        write_files(content.frame, options, kind, format_options)
    else:
        raise _CONNECTION.error(connection_type)


def _file_format(table: CatalogTable) -> str:
    if not table.classification:
        raise CatalogTableError(
            f"Data Catalog table {table.database}.{table.name}: no classification; set the table "
            "parameter classification to json, csv, parquet or delta."
        )
    return table.classification
