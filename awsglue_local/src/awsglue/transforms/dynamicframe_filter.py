"""Filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awsglue.dynamicframe import DynamicFrame, DynamicRecord
from awsglue.transforms.transform import GlueTransform


class Filter(GlueTransform):
    """The records for which a function holds."""

    def __call__(
        self, frame: DynamicFrame, f: Callable[[DynamicRecord], Any],
        transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """The records for which a function holds."""
        return frame.filter(f, transformation_ctx, info, stageThreshold, totalThreshold)
