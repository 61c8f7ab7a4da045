"""`glueContext.create_dynamic_frame` and `glueContext.write_dynamic_frame`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gluelocal import connectors, records
from gluelocal.catalog_arguments import frame_name, table_of
from gluelocal.content import Content
from gluelocal.parity import not_implemented
from pyspark import RDD

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection

if TYPE_CHECKING:
    from awsglue.context import GlueContext


class DynamicFrameReader:
    """Reads DynamicFrames."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_rdd(
        self, data: RDD[Any], name: str, schema: Any = None, sampleRatio: float | None = None
    ) -> DynamicFrame:
        """A frame of an RDD of dicts, or of rows or tuples with a schema."""
        session = self._glue_context.spark_session
        first = data.take(1) if schema is None else []
        if first and type(first[0]) is dict:
            return DynamicFrame(Content(*records.frame_of(session, data)), self._glue_context, name)
        rows = session.createDataFrame(data, schema, samplingRatio=sampleRatio)
        return DynamicFrame(Content.of(rows), self._glue_context, name)

    def from_catalog(
        self, database: str | None = None, table_name: str | None = None,
        redshift_tmp_dir: str = "", transformation_ctx: str = "", push_down_predicate: str = "",
        additional_options: Mapping[str, Any] | None = None, catalog_id: str | None = None,
        **kwargs: Any,
    ) -> DynamicFrame:  # fmt: skip
        """The records behind a catalog table: a whole DynamoDB table, files, or a Delta table.

        AWS documents Delta tables for `create_data_frame` alone, hence the warning.
        """
        table = table_of(database, table_name, catalog_id, kwargs)
        if table.classification == "delta":
            self._glue_context.get_logger().warn(
                f"{table.database}.{table.name} is a Delta table: AWS documents that it is read "
                "by create_data_frame.from_catalog, not by create_dynamic_frame.from_catalog."
            )
        kind, options, file_format = connectors.catalog_read_options(
            table, additional_options or {}
        )
        session = self._glue_context.spark_session
        content = connectors.read_content(session, kind, options, file_format, {})
        if push_down_predicate:
            content = content.then(lambda f, t: (f.where(push_down_predicate), t))
        return DynamicFrame(content, self._glue_context, table.name)

    def from_options(
        self, connection_type: str, connection_options: Mapping[str, Any] | None = None,
        format: str | None = None, format_options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "", push_down_predicate: str = "", **kwargs: Any,
    ) -> DynamicFrame:  # fmt: skip
        """The records behind a connection."""
        options = dict(connection_options or {})
        source = self._glue_context.getSource(
            connection_type, format, transformation_ctx, push_down_predicate, **options
        )
        source.name = frame_name(options)
        if format and str(format).lower() not in self._glue_context.Spark_SQL_Formats:
            source.setFormat(format, **dict(format_options or {}))
        return source.getFrame(**kwargs)


class DynamicFrameWriter:
    """Writes DynamicFrames and collections of them; what could not be written comes back."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_options(
        self, frame: DynamicFrame | DynamicFrameCollection, connection_type: str,
        connection_options: Mapping[str, Any] | None = None, format: str | None = None,
        format_options: Mapping[str, Any] | None = None, transformation_ctx: str = "",
    ) -> Any:  # fmt: skip
        """Write to a connection. Raises TypeError for what is neither frame nor collection."""
        options = dict(connection_options or {})
        sink = self._glue_context.getSink(connection_type, format, transformation_ctx, **options)
        if format:
            sink.setFormat(format, **dict(format_options or {}))
        return sink.write(frame)

    def from_catalog(
        self, frame: DynamicFrame | DynamicFrameCollection, database: str | None = None,
        table_name: str | None = None, redshift_tmp_dir: str = "", transformation_ctx: str = "",
        additional_options: Mapping[str, Any] | None = None, catalog_id: str | None = None,
        **kwargs: Any,
    ) -> Any:  # fmt: skip
        """Write to where a catalog table is stored."""
        table = table_of(database, table_name, catalog_id, kwargs)
        kind, options, file_format = connectors.catalog_write_options(
            table, additional_options or {}
        )
        return self.from_options(frame, kind, options, file_format)

    from_jdbc_conf = not_implemented("JDBC")
