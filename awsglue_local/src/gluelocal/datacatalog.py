"""Tables of the Glue Data Catalog, as the readers and writers need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import types as T

from gluelocal.errors import CatalogTableError
from gluelocal.hive_types import spark_type


@dataclass(frozen=True)
class CatalogTable:
    """A table's columns, location and parameters; those of the storage descriptor win."""

    database: str
    name: str
    schema: T.StructType
    partition_keys: tuple[str, ...]
    location: str
    parameters: Mapping[str, str]

    @property
    def kind(self) -> str:
        """What stores the rows: `kinesis`, `kafka`, `dynamodb`, or `s3`."""
        type_of_data = self.parameters.get("typeOfData", "").lower()
        if type_of_data in ("kinesis", "kafka"):
            return type_of_data
        if self.classification == "dynamodb" or self.location.startswith("arn:aws:dynamodb"):
            return "dynamodb"
        if {"streamARN", "streamName"} & set(self.parameters):
            return "kinesis"
        return "s3"

    @property
    def classification(self) -> str:
        """Format of the rows, in lower case; empty when the table has none.

        A Delta table is told by any of the marks that crawlers, Spark and Athena leave.
        """
        marks = ("classification", "spark.sql.sources.provider", "table_type")
        if "delta" in [self.parameters.get(mark, "").lower() for mark in marks]:
            return "delta"
        return self.parameters.get("classification", "").lower()

    @property
    def dynamodb_table(self) -> str:
        """Real, case-sensitive name of the DynamoDB table."""
        if self.location.startswith("arn:"):
            return self.location.rpartition("/")[2]
        return self.parameters.get("sourceTable") or self.location or self.name


def get_table(database: str, name: str, catalog_id: str | None = None) -> CatalogTable:
    """Look a table up.

    Raises:
        CatalogTableError: there is no such table, or a column has a type that is none.
    """
    import boto3
    from botocore.exceptions import ClientError

    glue = boto3.client("glue")
    catalog = {"CatalogId": catalog_id} if catalog_id else {}
    try:
        table = glue.get_table(DatabaseName=database, Name=name, **catalog)["Table"]
    except ClientError as error:
        raise CatalogTableError(
            f"Data Catalog table {database}.{name}: {error.response['Error'].get('Message', error)}"
        ) from error
    return from_definition(database, table)


def from_definition(database: str, table: Mapping[str, Any]) -> CatalogTable:
    """The table that a `GetTable` answer, or a `TableInput`, describes."""
    storage = table.get("StorageDescriptor") or {}
    keys = table.get("PartitionKeys") or []
    columns = [*(storage.get("Columns") or []), *keys]
    fields = [T.StructField(c["Name"], spark_type(c.get("Type") or "string")) for c in columns]
    return CatalogTable(
        database=database,
        name=table["Name"],
        schema=T.StructType(fields),
        partition_keys=tuple(key["Name"] for key in keys),
        location=storage.get("Location") or "",
        parameters={**(table.get("Parameters") or {}), **(storage.get("Parameters") or {})},
    )
