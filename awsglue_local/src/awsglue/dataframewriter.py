"""`glueContext.write_data_frame`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from awsglue.dynamicframe import DynamicFrame

if TYPE_CHECKING:
    from awsglue.context import GlueContext


class DataFrameWriter:
    """Writes Spark frames."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_catalog(
        self, frame: DataFrame, database: str | None = None, table_name: str | None = None,
        redshift_tmp_dir: str = "", transformation_ctx: str = "",
        additional_options: Mapping[str, Any] | None = None, catalog_id: str | None = None,
        **kwargs: Any,
    ) -> DataFrame:  # fmt: skip
        """Write the rows to where a catalog table is stored."""
        given = DynamicFrame.fromDF(frame, self._glue_context, "data_frame")
        errors: DynamicFrame = self._glue_context.write_dynamic_frame.from_catalog(
            given, database, table_name, redshift_tmp_dir, transformation_ctx,
            additional_options, catalog_id, **kwargs,
        )  # fmt: skip
        return errors.toDF()
