"""ErrorsAsDynamicFrame."""

from __future__ import annotations

from awsglue.dynamicframe import DynamicFrame
from awsglue.transforms.transform import GlueTransform


class ErrorsAsDynamicFrame(GlueTransform):
    """The records that were set aside."""

    def __call__(self, frame: DynamicFrame) -> DynamicFrame:
        """The records that were set aside, one `error` struct each."""
        return frame.errorsAsDynamicFrame()
