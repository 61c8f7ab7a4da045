"""Whole tables as DynamicFrames, read through the Data Catalog again every so many batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsglue.dynamicframe import DynamicFrame
from awsglue.transforms import ApplyMapping
from pyspark.sql import functions as F

from catalog.columns import Schema

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import DataFrame


def typed(frame: DynamicFrame, schema: Schema) -> DataFrame:
    """The records as rows with the schema's columns; a value that cannot be one is null.

    Attributes that no record carries are there as null, attributes that we do not know are not.
    """
    mappings = [(c.name, c.type, c.name, c.type) for c in schema]
    rows = ApplyMapping.apply(frame=frame, mappings=mappings).toDF()
    return rows.select(
        *(
            F.col(c.name) if c.name in rows.columns else F.lit(None).cast(c.type).alias(c.name)
            for c in schema
        )
    )


class Snapshot:
    """A table as it stood at most `every` batches ago, cached on the executors."""

    def __init__(
        self, glue: GlueContext, database: str, table: str, schema: Schema, every: int
    ) -> None:
        self._glue, self._database, self._table = glue, database, table
        self._schema, self._every = schema, every
        self._rows: DataFrame | None = None
        self._batch = 0

    def frame(self, batch_id: int) -> DynamicFrame:
        """The table's records; read anew when the last reading is `every` batches old."""
        if self._rows is None or batch_id - self._batch >= self._every:
            self._refresh(batch_id)
        return DynamicFrame.fromDF(self._rows, self._glue, self._table)

    def _refresh(self, batch_id: int) -> None:
        if self._rows is not None:
            self._rows.unpersist()
        records = self._glue.create_dynamic_frame.from_catalog(
            database=self._database, table_name=self._table
        )
        self._rows = typed(records, self._schema).persist()
        self._batch = batch_id
