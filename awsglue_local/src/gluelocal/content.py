"""What a DynamicFrame holds: a Spark frame, its record type, and the records set aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from awsglue import gluetypes as G
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from gluelocal.structure import glue_struct

ERROR_SCHEMA: Final = "error struct<site:string,msg:string,input:string>"


@dataclass(frozen=True)
class Content:
    """Good records in `frame`, and one frame of `error` rows for each step that set some aside."""

    frame: DataFrame
    types: G.StructType
    errors: tuple[DataFrame, ...] = ()
    own_errors: DataFrame | None = None

    @classmethod
    def of(cls, frame: DataFrame) -> Content:
        """A Spark frame as it is."""
        return cls(frame, glue_struct(frame.schema))

    def then(self, reshape: Callable[..., tuple[DataFrame, G.StructType]], *args: Any,
             **options: Any) -> Content:  # fmt: skip
        """The content after a step that sets no record aside."""
        frame, types = reshape(self.frame, self.types, *args, **options)
        return replace(self, frame=frame, types=types, own_errors=None)

    def with_errors(self, frame: DataFrame, types: G.StructType, errors: DataFrame) -> Content:
        """The content after a step that set records aside."""
        return Content(frame, types, (*self.errors, errors), errors)

    def all_errors(self) -> DataFrame:
        """Every record set aside so far."""
        found = self.frame.sparkSession.createDataFrame([], ERROR_SCHEMA)
        for errors in self.errors:
            found = found.union(errors)
        return found


def error_row(site: str, message: Column, record: Column) -> Column:
    """The `error` of a record: the step, what went wrong, and the record as JSON or text."""
    return F.struct(
        F.lit(site).alias("site"), message.alias("msg"), record.cast("string").alias("input")
    ).alias("error")


def bound_to(frame: DataFrame, spark: SparkSession) -> DataFrame:
    """`frame` as one of `spark`'s own.

    A micro-batch belongs to a clone of the session, where `spark.sql` would not find its views.
    """
    own: Any = spark._jsparkSession  # noqa: SLF001
    java: Any = frame._jdf  # noqa: SLF001
    if java.sparkSession().equals(own):
        return frame
    jvm: Any = spark._jvm  # noqa: SLF001
    plan = java.queryExecution().analyzed()
    moved = jvm.org.apache.spark.sql.classic.Dataset.ofRows(own, plan)
    return DataFrame(moved, spark)
