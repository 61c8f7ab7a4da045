"""Records that pass through a script's own Python functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from awsglue import gluetypes as G
from pyspark import RDD
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from gluelocal import inference, paths
from gluelocal.content import ERROR_SCHEMA, Content, error_row
from gluelocal.structure import held_value, plain_value, spark_struct
from gluelocal.type_json import struct_from_json

_VERDICT: Final = "$verdict"
_VERDICT_SCHEMA: Final = "keep boolean, error string"
# A predicate that meets a record without the field, or of another type, says no to it.
_MEANS_NO: Final = (KeyError, ValueError, TypeError)

Record = dict[str, Any]
Wrap = Callable[[Record], Any]


def keep(content: Content, predicate: Callable[[Any], Any], wrap: Wrap, name: str) -> Content:
    """The records for which `predicate` holds; one on which it fails is set aside."""
    types = content.types

    def judge(row: Row) -> tuple[bool, str | None]:
        try:
            return bool(predicate(wrap(plain_value(row, types)))), None
        except _MEANS_NO:
            return False, None
        except Exception as error:  # noqa: BLE001 - a script's own function may raise anything
            return False, str(error)

    # Said outright: Spark would else look for Arrow types in the function's annotations.
    judge_row = F.udf(judge, _VERDICT_SCHEMA, useArrow=False)
    whole = F.struct(*(paths.column([column]) for column in content.frame.columns))
    judged = content.frame.withColumn(_VERDICT, judge_row(whole))
    failed = F.col(f"`{_VERDICT}`.error").isNotNull()
    kept = judged.where(F.col(f"`{_VERDICT}`.keep") & ~failed).drop(_VERDICT)
    errors = judged.where(failed).select(
        error_row(f"Filter {name}", F.col(f"`{_VERDICT}`.error"), F.to_json(whole))
    )
    return content.with_errors(kept, types, errors)


def change(content: Content, function: Callable[[Any], Any], wrap: Wrap, name: str) -> Content:
    """What `function` makes of each record; one on which it fails is set aside.

    The records are kept in memory, so that the function runs once on each.
    """
    types = content.types

    def apply(row: Row) -> tuple[Any, str | None, str]:
        record = wrap(plain_value(row, types))
        before = str(record)
        try:
            made = function(record)
        except Exception as error:  # noqa: BLE001 - a script's own function may raise anything
            return None, str(error), before
        if not made:
            return None, "User-specified function returned None instead of DynamicRecord", before
        return dict(made), None, before

    spark = content.frame.sparkSession
    made = content.frame.rdd.map(apply).cache()
    records = made.filter(lambda result: result[1] is None).map(lambda result: result[0])
    frame, found = frame_of(spark, records, types)
    site = f"Map {name}"
    errors = spark.createDataFrame(
        made.filter(lambda result: result[1] is not None).map(
            lambda result: ((site, result[1], result[2]),)
        ),
        ERROR_SCHEMA,
    )
    return content.with_errors(frame, found, errors)


def frame_of(
    spark: SparkSession, records: RDD[Any], source: G.DataType | None = None
) -> tuple[DataFrame, G.StructType]:
    """A frame of dicts, typed by what they hold; integers are long unless `source` says less."""
    found = records.mapPartitions(lambda part: [inference.shapes(part).json()]).collect()
    merged = inference.merged_struct(struct_from_json(text) for text in found)
    types = inference.widened(merged, source)
    if not isinstance(types, G.StructType):
        raise TypeError(f"records are structs, not {types.typeName()}")
    schema = spark_struct(types)
    rows = records.map(lambda record: _as_tuple(held_value(record, types), schema))
    return spark.createDataFrame(rows, schema, verifySchema=False), types


def _as_tuple(value: Any, data_type: T.DataType) -> Any:
    """A held value in the form in which Spark takes rows: structs as tuples."""
    if value is None:
        return None
    if isinstance(data_type, T.StructType):
        return tuple(_as_tuple(value[f.name], f.dataType) for f in data_type.fields)
    if isinstance(data_type, T.ArrayType):
        return [_as_tuple(part, data_type.elementType) for part in value]
    if isinstance(data_type, T.MapType):
        return {key: _as_tuple(part, data_type.valueType) for key, part in value.items()}
    return value
