"""Records out of a stream's JSON text: typed by what one micro-batch holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import orjson
import pyarrow as pa
from awsglue import gluetypes as G
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from gluelocal import inference, paths
from gluelocal.content import Content, error_row
from gluelocal.kinesis import INFERRED_COLUMN
from gluelocal.structure import glue_type, has_choice, held_value, spark_struct
from gluelocal.type_json import struct_from_json

_SEEN_SCHEMA: Final = "type string, records bigint, bad bigint"
_SITE: Final = "fromDF: schema detection"


def is_inferred(frame: DataFrame) -> bool:
    """Whether the frame's first column is text to infer from."""
    return bool(frame.columns) and INFERRED_COLUMN in frame.columns


def parse(frame: DataFrame) -> Content:
    """The records of a batch, their fields sorted by name, before the frame's other columns.

    Text that is no JSON object is set aside as an error. Mixed types become choices.
    """
    others = [f for f in frame.schema.fields if f.name != INFERRED_COLUMN]
    seen = frame.select(paths.column([INFERRED_COLUMN])).mapInArrow(_look, _SEEN_SCHEMA).collect()
    merged = inference.merged_struct(struct_from_json(row.type) for row in seen)
    names = {field.name for field in others}
    types = G.StructType(
        [f for f in sorted(merged, key=lambda field: field.name) if f.name not in names]
    )
    bad = any(row.bad for row in seen)
    good = frame.where(_is_record()) if bad else frame
    rows = _converted(good, types, others)
    all_types = G.StructType([*types, *(G.Field(f.name, glue_type(f.dataType)) for f in others)])
    if not bad:
        return Content(rows, all_types)
    text = paths.column([INFERRED_COLUMN])
    broken = frame.where(~_is_record())
    errors = broken.select(error_row(_SITE, F.lit("no JSON object"), text))
    return Content(rows, all_types, (errors,), errors)


def _look(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The merged type of a partition's texts, and how many are no records."""
    found, records, bad = G.StructType(), 0, 0
    for batch in batches:
        parsed = [_record(text) for text in batch.column(0).cast(pa.binary()).to_pylist()]
        good = [record for record in parsed if record is not None]
        records, bad = records + len(good), bad + len(parsed) - len(good)
        found = inference.merged_struct([found, inference.shapes(good)])
    yield pa.RecordBatch.from_pydict({"type": [found.json()], "records": [records], "bad": [bad]})


def _record(text: bytes | None) -> dict[str, Any] | None:
    try:
        value = orjson.loads(text or b"")
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _is_record() -> Column:
    def is_record(texts: pa.Array) -> pa.Array:
        return pa.array([_record(text) is not None for text in texts.cast(pa.binary()).to_pylist()])

    from pyspark.sql.pandas.functions import arrow_udf  # not before Spark 4.1

    make: Any = arrow_udf  # its overloads ask for a function type, which it warns about
    verdict: Column = make(is_record, T.BooleanType())(paths.column([INFERRED_COLUMN]))
    return verdict


def _converted(frame: DataFrame, types: G.StructType, others: list[T.StructField]) -> DataFrame:
    kept = [paths.column([field.name]) for field in others]
    if not len(types):
        return frame.select(*kept)
    text = paths.column([INFERRED_COLUMN])
    if not has_choice(types):
        parsed = frame.select(F.from_json(text, spark_struct(types)).alias("$record"), *kept)
        return parsed.select("$record.*", *kept)
    return frame.mapInArrow(
        _holder(types.json(), [field.name for field in others]),
        T.StructType([*spark_struct(types).fields, *others]),
    )


def _holder(
    types_json: str, others: list[str]
) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    """Python makes the rows where a field has a choice, which Spark's reader would make text."""

    def hold_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        types = struct_from_json(types_json)
        schema = to_arrow_schema(spark_struct(types))
        for batch in batches:
            texts = batch.column(INFERRED_COLUMN).cast(pa.binary()).to_pylist()
            rows = [held_value(_record(text) or {}, types) for text in texts]
            held = pa.RecordBatch.from_pylist(rows, schema)
            columns = [*held.columns, *(batch.column(name) for name in others)]
            yield pa.RecordBatch.from_arrays(columns, [*held.schema.names, *others])

    return hold_batches
