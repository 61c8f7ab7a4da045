"""Streams and tables: where rows of a schema live, and how AWS describes that place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.columns import Schema
from catalog.errors import CatalogError

_DYNAMODB_KEY_TYPES = {"string": "S", "int": "N", "bigint": "N", "double": "N", "binary": "B"}


def _check_key(table: str, key: str, schema: Schema) -> None:
    """Raise unless `key` is a required column of a type that DynamoDB takes as a key."""
    if key not in schema.names:
        raise CatalogError(
            f"table {table!r}: key {key!r} is not a column; the columns are {list(schema.names)}"
        )
    column = schema[key]
    if column.type not in _DYNAMODB_KEY_TYPES:
        raise CatalogError(
            f"table {table!r}: key {key!r} is {column.type}; "
            f"a key is one of {sorted(_DYNAMODB_KEY_TYPES)}"
        )
    if not column.required:
        raise CatalogError(f"table {table!r}: key {key!r} must be a required column")


@dataclass(frozen=True)
class Stream:
    """A Kinesis stream of JSON records and its Data Catalog table, which has the same name.

    Raises:
        CatalogError: the partition key is not a required column.
    """

    name: str
    comment: str
    schema: Schema
    partition_key: str

    def __post_init__(self) -> None:
        _check_key(self.name, self.partition_key, self.schema)

    def to_table_input(self, stream_arn: str) -> dict[str, Any]:
        """Glue `TableInput` of the stream.

        Source: AWS Glue developer guide, "Adding streaming ETL jobs", Data Catalog tables.
        """
        return {
            "Name": self.name,
            "Description": self.comment,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "json"},
            "StorageDescriptor": {
                "Columns": self.schema.glue_columns(),
                "Location": self.name,
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {
                    "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
                    "Parameters": {"paths": ",".join(self.schema.names)},
                },
                "Parameters": {"typeOfData": "kinesis", "streamARN": stream_arn},
            },
        }


@dataclass(frozen=True)
class Index:
    """A global secondary index that projects every attribute."""

    name: str
    hash_key: str
    range_key: str | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The key columns, partition key first."""
        return (self.hash_key,) if self.range_key is None else (self.hash_key, self.range_key)


@dataclass(frozen=True)
class DynamoTable:
    """A DynamoDB table and its Data Catalog table, which has the same name.

    Items may carry attributes that the schema does not name; writers keep them.

    Raises:
        CatalogError: a key, an index key or the time to live is not a fitting column.
    """

    name: str
    comment: str
    schema: Schema
    hash_key: str
    range_key: str | None = None
    indexes: tuple[Index, ...] = ()
    stream_view: str | None = None
    ttl: str | None = None

    def __post_init__(self) -> None:
        for key in self.keys:
            _check_key(self.name, key, self.schema)
        for index in self.indexes:
            for key in index.keys:
                _check_key(f"{self.name}/{index.name}", key, self.schema)
        if self.ttl is not None and self.schema[self.ttl].type != "bigint":
            raise CatalogError(f"table {self.name!r}: time to live {self.ttl!r} must be a bigint")
        views = (None, "KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
        if self.stream_view not in views:
            raise CatalogError(
                f"table {self.name!r}: stream view {self.stream_view!r}; use one of {views}"
            )

    @property
    def keys(self) -> tuple[str, ...]:
        """The key columns, partition key first."""
        return (self.hash_key,) if self.range_key is None else (self.hash_key, self.range_key)

    def index(self, name: str) -> Index:
        """The index of that name."""
        for index in self.indexes:
            if index.name == name:
                return index
        raise CatalogError(
            f"table {self.name!r}: no index {name!r}; has {[i.name for i in self.indexes]}"
        )

    def key_schema(self, index: str | None = None) -> list[dict[str, str]]:
        """`KeySchema` of the table, or of one of its indexes."""
        keys = self.keys if index is None else self.index(index).keys
        return [
            {"AttributeName": key, "KeyType": kind}
            for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ]

    def attribute_definitions(self) -> list[dict[str, str]]:
        """`AttributeDefinitions`: every key column of the table and of its indexes, once."""
        keys = dict.fromkeys((*self.keys, *(key for i in self.indexes for key in i.keys)))
        return [
            {
                "AttributeName": key,
                "AttributeType": _DYNAMODB_KEY_TYPES[self.schema[key].type],
            }
            for key in keys
        ]

    def to_table_input(self, table_arn: str) -> dict[str, Any]:
        """Glue `TableInput`, of the shape that a crawler gives a DynamoDB table."""
        parameters = {
            "classification": "dynamodb",
            "typeOfData": "table",
            "hashKey": self.hash_key,
            **({"rangeKey": self.range_key} if self.range_key else {}),
        }
        return {
            "Name": self.name,
            "Description": self.comment,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": parameters,
            "StorageDescriptor": {
                "Columns": self.schema.glue_columns(),
                "Location": table_arn,
                "Parameters": parameters,
            },
        }


@dataclass(frozen=True)
class LakeTable:
    """A Delta table below the lake's folder, and its Data Catalog table, which has the same name.

    `cluster_by` are the columns that files of a partition are ordered by (Z-order). Of these and of
    those of `skip_by` the log keeps the least and the greatest value in each file.

    Raises:
        CatalogError: the partition or a column of these is not a column of the schema.
    """

    name: str
    comment: str
    schema: Schema
    partition_key: str
    cluster_by: tuple[str, ...] = ()
    skip_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.partition_key, *self.statistics):
            if name not in self.schema.names:
                raise CatalogError(
                    f"table {self.name!r}: {name!r} is not a column; "
                    f"the columns are {list(self.schema.names)}"
                )

    @property
    def statistics(self) -> tuple[str, ...]:
        """The columns by whose values readers pass over files."""
        return (*self.cluster_by, *self.skip_by)

    def location(self, lake: str) -> str:
        """Where the table is below the lake's folder, such as `s3://bucket/lake/`."""
        return f"{lake.rstrip('/')}/{self.name}/"

    def to_table_input(self, location: str) -> dict[str, Any]:
        """Glue `TableInput`, of the shape that a crawler gives a native Delta table.

        Source: AWS Glue developer guide, "How to specify configuration options for a Delta Lake
        data store"; Delta itself reads columns from its own log.
        """
        columns = {column.name: column.glue() for column in self.schema}
        partition = columns.pop(self.partition_key)
        return {
            "Name": self.name,
            "Description": self.comment,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {
                "EXTERNAL": "TRUE",
                "classification": "delta",
                "spark.sql.sources.provider": "delta",
            },
            "PartitionKeys": [partition],
            "StorageDescriptor": {
                "Columns": list(columns.values()),
                "Location": location,
                "InputFormat": "org.apache.hadoop.mapred.SequenceFileInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                    "Parameters": {"path": location, "serialization.format": "1"},
                },
            },
        }
