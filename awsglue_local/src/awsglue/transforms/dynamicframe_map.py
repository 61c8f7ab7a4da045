"""Map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awsglue.dynamicframe import DynamicFrame, DynamicRecord
from awsglue.transforms.transform import GlueTransform


class Map(GlueTransform):
    """What a function makes of each record."""

    def __call__(
        self, frame: DynamicFrame, f: Callable[[DynamicRecord], Any],
        preservesPartitioning: bool = False, transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """What a function makes of each record."""
        return frame.map(
            f, transformation_ctx, preservesPartitioning, info, stageThreshold, totalThreshold
        )
