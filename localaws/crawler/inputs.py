"""Glue `TableInput` of what was found, of the shape that a crawler gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localaws.crawler.schema import Schema

_HIVE_IO = "org.apache.hadoop.hive.ql.io"
_SERDE = "org.apache.hadoop.hive"
_TEXT_IO = ("org.apache.hadoop.mapred.TextInputFormat", f"{_HIVE_IO}.HiveIgnoreKeyTextOutputFormat")
_LAZY = f"{_SERDE}.serde2.lazy.LazySimpleSerDe"


@dataclass(frozen=True)
class _Storage:
    """Input format, output format and SerDe of a classification."""

    input: str
    output: str
    serde: str


_STORAGE = {
    "parquet": _Storage(
        f"{_HIVE_IO}.parquet.MapredParquetInputFormat",
        f"{_HIVE_IO}.parquet.MapredParquetOutputFormat",
        f"{_HIVE_IO}.parquet.serde.ParquetHiveSerDe",
    ),
    "orc": _Storage(
        f"{_HIVE_IO}.orc.OrcInputFormat",
        f"{_HIVE_IO}.orc.OrcOutputFormat",
        f"{_HIVE_IO}.orc.OrcSerde",
    ),
    "avro": _Storage(
        f"{_HIVE_IO}.avro.AvroContainerInputFormat",
        f"{_HIVE_IO}.avro.AvroContainerOutputFormat",
        f"{_SERDE}.serde2.avro.AvroSerDe",
    ),
    "json": _Storage(*_TEXT_IO, "org.openx.data.jsonserde.JsonSerDe"),
    "csv": _Storage(*_TEXT_IO, _LAZY),
    "delta": _Storage(
        "org.apache.hadoop.mapred.SequenceFileInputFormat",
        f"{_HIVE_IO}.HiveSequenceFileOutputFormat",
        _LAZY,
    ),
}
_GROK = _Storage(*_TEXT_IO, "com.amazonaws.glue.serde.GrokSerDe")
_OPEN_CSV = f"{_SERDE}.serde2.OpenCSVSerde"


def files_input(
    name: str, crawler: str, location: str, schema: Schema, partition_keys: Sequence[str] = ()
) -> dict[str, Any]:
    """The input of a table of files; partition keys are text, as folders are."""
    storage = _STORAGE.get(schema.classification, _GROK)
    parameters = {
        "classification": schema.classification,
        "compressionType": schema.compression,
        "typeOfData": "file",
        **schema.parameters,
    }
    return {
        **_table(name, crawler, parameters),
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in partition_keys],
        "StorageDescriptor": {
            "Columns": schema.glue_columns(),
            "Location": location,
            "InputFormat": storage.input,
            "OutputFormat": storage.output,
            "Compressed": schema.compression != "none",
            "SerdeInfo": _serde(storage, schema),
        },
    }


def delta_input(
    name: str, crawler: str, location: str, columns: Mapping[str, str], keys: Sequence[str]
) -> dict[str, Any]:
    """The input of a native Delta table; `columns` are all of it, by name with their Hive types."""
    storage = _STORAGE["delta"]
    given = [{"Name": column, "Type": kind} for column, kind in columns.items()]
    parameters = {
        "EXTERNAL": "TRUE",
        "classification": "delta",
        "spark.sql.sources.provider": "delta",
    }
    return {
        **_table(name, crawler, parameters),
        "PartitionKeys": [column for key in keys for column in given if column["Name"] == key],
        "StorageDescriptor": {
            "Columns": [column for column in given if column["Name"] not in keys],
            "Location": location,
            "InputFormat": storage.input,
            "OutputFormat": storage.output,
            "SerdeInfo": {
                "SerializationLibrary": storage.serde,
                "Parameters": {"path": location, "serialization.format": "1"},
            },
        },
    }


def dynamodb_input(
    name: str, crawler: str, arn: str, schema: Schema, keys: Sequence[str]
) -> dict[str, Any]:
    """The input of a DynamoDB table; `keys` are its hash key and, where it has one, range key."""
    parameters = {
        "classification": "dynamodb",
        "typeOfData": "table",
        **dict(zip(("hashKey", "rangeKey"), keys, strict=False)),
    }
    return {
        **_table(name, crawler, parameters),
        "StorageDescriptor": {
            "Columns": schema.glue_columns(),
            "Location": arn,
            "Parameters": parameters,
        },
    }


def partition_input(
    table: Mapping[str, Any], values: Sequence[str], location: str
) -> dict[str, Any]:
    """The input of a partition, which has the columns and the format of its table."""
    storage = {**table["StorageDescriptor"], "Location": location}
    return {"Values": list(values), "StorageDescriptor": storage}


def _table(name: str, crawler: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Name": name,
        "Owner": "owner",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {**parameters, "UPDATED_BY_CRAWLER": crawler},
        "PartitionKeys": [],
    }


def _serde(storage: _Storage, schema: Schema) -> dict[str, Any]:
    given = dict(schema.serde)
    library = storage.serde
    if schema.classification == "csv":
        delimiter, quote, wanted = given["field.delim"], given["quote"], given["serde"]
        given = {"field.delim": delimiter}
        if wanted == "OpenCSVSerDe":
            library, given = _OPEN_CSV, {"separatorChar": delimiter, "quoteChar": quote}
    elif schema.classification in ("parquet", "orc"):
        given = {"serialization.format": "1"}
    return {"SerializationLibrary": library, "Parameters": given}
