"""Streams as the Data Catalog describes them, read as native Kinesis rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import boto3

from catalog.columns import Schema
from glue_jobs.options import OptionError

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import DataFrame
    from pyspark.sql import types as T


class StreamSettings(Protocol):
    """The options of a job that reads a stream."""

    database: str
    table: str
    starting_position: str
    max_fetch_records_per_shard: int


def kinesis_rows(glue: GlueContext, options: StreamSettings) -> DataFrame:
    """The stream of a catalog table: data, streamName, partitionKey, sequenceNumber and
    approximateArrivalTimestamp, one row a record.

    Source: AWS Glue developer guide, "Adding streaming ETL jobs"; README of
    awslabs/spark-sql-kinesis-connector.

    Raises:
        OptionError: the table is not one of a Kinesis stream.
    """
    database, table = options.database, options.table
    described = boto3.client("glue").get_table(DatabaseName=database, Name=table)["Table"]
    place = described["StorageDescriptor"].get("Parameters", {})
    read = {
        **_stream_options(place, f"{database}.{table}"),
        "startingPosition": options.starting_position,
        "maxFetchRecordsPerShard": str(options.max_fetch_records_per_shard),
    }
    return glue.spark_session.readStream.format("kinesis").options(**read).load()


def _stream_options(place: dict[str, Any], table: str) -> dict[str, str]:
    arn = place.get("streamARN", "")
    name = place.get("streamName") or arn.rpartition("/")[2]
    if place.get("typeOfData") != "kinesis" or not name:
        raise OptionError(
            f"--table: {table} has {sorted(place)} in its storage parameters; a stream's table has"
            " typeOfData=kinesis and streamARN or streamName"
        )
    endpoint = place.get("endpointUrl") or f"https://kinesis.{arn.split(':')[3]}.amazonaws.com"
    return {"streamName": name, "endpointUrl": endpoint, **({"streamARN": arn} if arn else {})}


def declared_schema(glue: GlueContext, database: str, table: str, contract: Schema) -> T.StructType:
    """The columns of a catalog table as a Spark schema.

    Raises:
        OptionError: a column of the contract is missing or has another type.
    """
    declared = glue.get_catalog_schema_as_spark_schema(database, table)
    found = {field.name: field.dataType.simpleString() for field in declared}
    wrong = [
        f"{field.name} is {found.get(field.name, 'missing')}, not {field.dataType.simpleString()}"
        for field in contract.struct_type()
        if found.get(field.name) != field.dataType.simpleString()
    ]
    if wrong:
        raise OptionError(
            f"--table: {database}.{table}: {'; '.join(wrong)}; deploy the catalog tables anew"
        )
    return declared
