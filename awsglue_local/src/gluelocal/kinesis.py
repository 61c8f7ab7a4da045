"""Streaming frames over Kinesis in the shapes that Glue gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from gluelocal import paths, payload
from gluelocal.datacatalog import CatalogTable
from gluelocal.errors import CatalogTableError
from gluelocal.parity import MissingOption

INFERRED_COLUMN: Final = "$json$data_infer_schema$_temporary$"
ARRIVAL_COLUMN: Final = "__src_timestamp"
_AVRO_SCHEMA: Final = MissingOption(
    "an Avro schema as option `schema` of a stream", "write DDL, such as id STRING, price BIGINT"
)
_OTHER_CLASSIFICATION: Final = MissingOption(
    "a stream's classification other than json and csv", "send JSON, or decode the native rows"
)
_JSON_FORMATS: Final = ("", "json")
_NOT_FOR_THE_SOURCE: Final = frozenset(
    {
        "addrecordtimestamp",
        "avroschema",
        "classification",
        "delimiter",
        "emitconsumerlagmetrics",
        "inferschema",
        "schema",
        "typeofdata",
        "usecatalogschema",
        "usesparkdatasource",
    }
)
_TABLE_KEYS: Final = (
    "streamARN",
    "streamName",
    "endpointUrl",
    "awsSTSRoleARN",
    "awsSTSSessionName",
    "awsSTSEndpoint",
)
# For a catalog table these come from the table; AWS does not allow them beside it.
_NOT_BESIDE_A_TABLE: Final = frozenset({"endpointUrl", "streamName", "classification", "delimiter"})


def is_true(value: Any) -> bool:
    """Whether an option that may come as text, bool or number is on."""
    return str(value).strip().lower() in ("true", "1", "1.0", "yes")


def read_table(
    spark: SparkSession, table: CatalogTable, additional_options: Mapping[str, Any]
) -> DataFrame:
    """The stream behind a catalog table: its columns, or one column of JSON when it has none."""
    stream = {key: table.parameters[key] for key in _TABLE_KEYS if key in table.parameters}
    if not {"streamARN", "streamName"} & set(stream):
        if not table.location:
            raise CatalogTableError(
                f"Data Catalog table {table.database}.{table.name}: names no stream; set "
                "streamARN or streamName in the parameters of its storage descriptor."
            )
        stream["streamName"] = table.location
    given = {k: v for k, v in additional_options.items() if k not in _NOT_BESIDE_A_TABLE}
    shape = {
        key: table.parameters[key]
        for key in ("classification", "delimiter")
        if key in table.parameters
    }
    schema = table.schema if len(table.schema) else None
    return read_stream(spark, {**shape, **stream, **given}, schema)


def read_options(spark: SparkSession, options: Mapping[str, Any]) -> DataFrame:
    """The stream that `connection_options` name, in the shape of their `schema`, if any."""
    text = options.get("schema") or options.get("avroSchema")
    return read_stream(spark, options, parse_schema(str(text)) if text else None)


def parse_schema(text: str) -> T.StructType:
    """Spark's schema for the option `schema`.

    Raises:
        NotImplementedLocallyError: it is an Avro schema.
    """
    if text.lstrip().startswith("{"):
        raise _AVRO_SCHEMA.error()
    parsed = T.StructType.fromDDL(text)
    if not isinstance(parsed, T.StructType):
        raise ValueError(f"option schema: {text!r} names no columns; write `name` TYPE, ...")
    return parsed


def read_stream(
    spark: SparkSession, options: Mapping[str, Any], schema: T.StructType | None
) -> DataFrame:
    """A streaming frame of the declared columns, or of one column of JSON text to infer from."""
    source = {k: str(v) for k, v in options.items() if k.lower() not in _NOT_FOR_THE_SOURCE}
    rows = spark.readStream.format("kinesis").options(**source).load()
    arrival = [F.col("approximateArrivalTimestamp").alias(ARRIVAL_COLUMN)]
    extra = arrival if is_true(options.get("addRecordTimestamp", False)) else []
    if schema is None or is_true(options.get("inferSchema", False)):
        text = _decompress(F.col("data")).cast("string").alias(INFERRED_COLUMN)
        return rows.select(text, *extra)
    parsed = rows.select(_parse(options, schema).alias("parsed"), *extra)
    kept = [ARRIVAL_COLUMN] if extra else []
    return parsed.select("parsed.*", *kept)


def _parse(options: Mapping[str, Any], schema: T.StructType) -> Column:
    classification = str(options.get("classification", "")).lower()
    if classification in _JSON_FORMATS:
        lowered = _lower_names(schema)
        text = _normalise_json(F.col("data")).cast("string")
        # The columns' own case comes back by position.
        return F.from_json(text, lowered, {"mode": "PERMISSIVE"}).cast(schema)
    if classification == "csv":
        text = _decompress(F.col("data")).cast("string")
        separator = str(options.get("delimiter", ","))
        columns = [f"{paths.quoted(f.name)} {f.dataType.simpleString()}" for f in schema.fields]
        return F.from_csv(text, ", ".join(columns), {"sep": separator})
    raise _OTHER_CLASSIFICATION.error(classification)


def _lower_names(data_type: Any) -> Any:
    if isinstance(data_type, T.StructType):
        return T.StructType(
            [T.StructField(f.name.lower(), _lower_names(f.dataType)) for f in data_type]
        )
    if isinstance(data_type, T.ArrayType):
        return T.ArrayType(_lower_names(data_type.elementType))
    if isinstance(data_type, T.MapType):
        return T.MapType(data_type.keyType, _lower_names(data_type.valueType))
    return data_type


def _decompress(column: Column) -> Column:
    return bodies_udf(payload.decompressed, column)


def _normalise_json(column: Column) -> Column:
    return bodies_udf(lambda b: payload.with_lower_case_keys(payload.decompressed(b)), column)


def bodies_udf(change: Callable[[pa.Array], pa.Array], column: Column) -> Column:
    """`change` over whole Arrow arrays of a binary column."""

    def changed(bodies: pa.Array) -> pa.Array:
        return change(bodies)

    from pyspark.sql.pandas.functions import arrow_udf  # not before Spark 4.1

    make: Any = arrow_udf  # its overloads ask for a function type, which it warns about
    made: Column = make(changed, T.BinaryType())(column)
    return made
