"""Union."""

from __future__ import annotations

from awsglue.dynamicframe import DynamicFrame
from awsglue.transforms.transform import GlueTransform


class Union(GlueTransform):
    """The records of two frames."""

    def __call__(
        self, frame1: DynamicFrame, frame2: DynamicFrame,
        transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """The records of two frames."""
        return frame1.union(frame2, transformation_ctx, info, stageThreshold, totalThreshold)
