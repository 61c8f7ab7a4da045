"""`glueContext.create_data_frame`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gluelocal import connectors
from gluelocal.catalog_arguments import table_of
from pyspark.sql import DataFrame

if TYPE_CHECKING:
    from awsglue.context import GlueContext


class DataFrameReader:
    """Reads streams as streaming Spark frames, and tables as plain ones."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_catalog(
        self, database: str | None = None, table_name: str | None = None,
        redshift_tmp_dir: str = "", transformation_ctx: str = "", push_down_predicate: str = "",
        additional_options: Mapping[str, Any] | None = None, catalog_id: str | None = None,
        **kwargs: Any,
    ) -> DataFrame:  # fmt: skip
        """The rows behind a catalog table; of a stream, its declared columns or its JSON text."""
        table = table_of(database, table_name, catalog_id, kwargs)
        options = dict(additional_options or {})
        session = self._glue_context.spark_session
        if table.kind in ("kinesis", "kafka"):
            return connectors.read_catalog_stream(session, table, options)
        kind, given, file_format = connectors.catalog_read_options(table, options)
        rows = connectors.read_content(session, kind, given, file_format, {}).frame
        return rows.where(push_down_predicate) if push_down_predicate else rows

    def from_options(
        self, connection_type: str, connection_options: Mapping[str, Any] | None = None,
        format: str | None = None, format_options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "", push_down_predicate: str = "", **kwargs: Any,
    ) -> DataFrame:  # fmt: skip
        """The rows behind a connection."""
        source = self._glue_context.getSource(
            connection_type, format, transformation_ctx, push_down_predicate,
            **dict(connection_options or {}),
        )  # fmt: skip
        if format and str(format).lower() not in self._glue_context.Spark_SQL_Formats:
            source.setFormat(format, **dict(format_options or {}))
        return source.getDataFrame()
