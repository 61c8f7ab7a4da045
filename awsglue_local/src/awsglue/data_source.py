"""Sources that GlueContext hands out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluelocal import connectors
from gluelocal.content import Content
from gluelocal.parity import not_implemented
from pyspark.sql import DataFrame

from awsglue.dynamicframe import DynamicFrame

if TYPE_CHECKING:
    from awsglue.context import GlueContext


class DataSource:
    """A source with its connection options; a format may be set before it is read."""

    def __init__(
        self, glue_ctx: GlueContext, connection_type: str, format: str | None,
        options: dict[str, Any], name: str = "",
    ) -> None:  # fmt: skip
        self._glue_ctx, self._type, self._format = glue_ctx, connection_type.lower(), format
        self._options, self.name = options, name
        self._format_options: dict[str, Any] = {}

    def setFormat(self, format: str, **options: Any) -> None:
        """Read in this format with these format options."""
        self._format, self._format_options = format, options

    def getFrame(self, **options: Any) -> DynamicFrame:
        """The records; `minPartitions` and `targetPartitions` are accepted without effect."""
        return DynamicFrame(self._content(), self._glue_ctx, self.name)

    def getDataFrame(self) -> DataFrame:
        """The records as a Spark frame; of a stream, a streaming one."""
        if self._type in ("kinesis", "kafka"):
            session = self._glue_ctx.spark_session
            return connectors.read_stream(session, self._type, self._options)
        return self._content().frame

    def _content(self) -> Content:
        return connectors.read_content(
            self._glue_ctx.spark_session, self._type, self._options, self._format,
            self._format_options,
        )  # fmt: skip

    getSampleFrame = not_implemented()


class StreamingDataSource(DataSource):
    """A source whose frame is a streaming Spark frame."""

    def getFrame(self, **options: Any) -> DataFrame:  # type: ignore[override]
        """The streaming frame."""
        return self.getDataFrame()
