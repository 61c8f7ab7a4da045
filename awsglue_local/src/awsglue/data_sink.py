"""Sinks that GlueContext hands out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluelocal import connectors
from gluelocal.content import Content
from gluelocal.kinesis import is_true
from gluelocal.parity import MissingOption
from pyspark.sql import DataFrame

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection

if TYPE_CHECKING:
    from awsglue.context import GlueContext

_UPDATE_CATALOG = MissingOption(
    "a sink's `enableUpdateCatalog`", "make the catalog table and its partitions yourself"
)


class DataSink:
    """A sink with its connection options; a format may be set before it is written."""

    def __init__(
        self, glue_ctx: GlueContext, connection_type: str, format: str | None,
        options: dict[str, Any],
    ) -> None:  # fmt: skip
        self._glue_ctx, self._type, self._format = glue_ctx, connection_type.lower(), format
        self._options = options
        self._format_options: dict[str, Any] = {}

    def setFormat(self, format: str, **options: Any) -> None:
        """Write in this format with these format options."""
        self._format, self._format_options = format, options

    def setAccumulableSize(self, size: int) -> None:
        """Accepted without effect."""

    def setCatalogInfo(
        self, catalogDatabase: str, catalogTableName: str, catalogId: str = ""
    ) -> None:
        """Name the catalog table of the sink.

        Raises:
            NotImplementedLocallyError: the sink is to keep that table up to date.
        """
        if is_true(self._options.get("enableUpdateCatalog", False)):
            raise _UPDATE_CATALOG.error()

    def writeFrame(self, dynamic_frame: DynamicFrame, info: str = "") -> DynamicFrame:
        """Write the records; the frame `<name>_errors` of those that could not be."""
        content = dynamic_frame._content  # noqa: SLF001
        connectors.write_content(
            content, self._type, self._options, self._format, self._format_options
        )
        empty = Content.of(content.frame.limit(0))
        return DynamicFrame(empty, self._glue_ctx, f"{dynamic_frame.name}_errors")

    def writeDataFrame(
        self, data_frame: DataFrame, glue_context: GlueContext, info: str = ""
    ) -> DataFrame:
        """Write a Spark frame; an empty frame of those rows that could not be."""
        written = self.writeFrame(DynamicFrame.fromDF(data_frame, glue_context, "data_frame"))
        return written.toDF()

    def write(
        self, dynamic_frame_or_dfc: DynamicFrame | DynamicFrameCollection, info: str = ""
    ) -> Any:
        """Write a frame, or every frame of a collection. Raises TypeError for anything else."""
        if isinstance(dynamic_frame_or_dfc, DynamicFrame):
            return self.writeFrame(dynamic_frame_or_dfc, info)
        if not isinstance(dynamic_frame_or_dfc, DynamicFrameCollection):
            raise TypeError(
                "dynamic_frame_or_dfc must be an instance of DynamicFrame or "
                f"DynamicFrameCollection. Got {type(dynamic_frame_or_dfc)}"
            )
        frames = dynamic_frame_or_dfc
        return DynamicFrameCollection(
            {key: self.writeFrame(frames[key], info) for key in frames.keys()},  # noqa: SIM118
            self._glue_ctx,
        )
