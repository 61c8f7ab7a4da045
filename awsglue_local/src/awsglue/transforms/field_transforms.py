"""Transforms of fields, and Join."""

from __future__ import annotations

from collections.abc import Sequence

from gluelocal.parity import not_implemented

from awsglue.dynamicframe import DynamicFrame
from awsglue.transforms.transform import GlueTransform


class SelectFields(GlueTransform):
    """The named fields alone."""

    def __call__(
        self, frame: DynamicFrame, paths: str | Sequence[str],
        transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """The named fields alone."""
        return frame.select_fields(paths, transformation_ctx, info, stageThreshold, totalThreshold)


class DropFields(GlueTransform):
    """All but the named fields."""

    def __call__(
        self, frame: DynamicFrame, paths: str | Sequence[str],
        transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """All but the named fields."""
        return frame.drop_fields(paths, transformation_ctx, info, stageThreshold, totalThreshold)


class RenameField(GlueTransform):
    """One field under another name."""

    def __call__(
        self, frame: DynamicFrame, old_name: str, new_name: str,
        transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """One field under another name."""
        return frame.rename_field(
            old_name, new_name, transformation_ctx, info, stageThreshold, totalThreshold
        )


class Join(GlueTransform):
    """Inner equality join of two frames."""

    def __call__(
        self, frame1: DynamicFrame, frame2: DynamicFrame, keys1: str | Sequence[str],
        keys2: str | Sequence[str],
        transformation_ctx: str = "", info: str = "", stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """Inner equality join of two frames."""
        return frame1.join(
            keys1, keys2, frame2, transformation_ctx, info, stageThreshold, totalThreshold
        )


class SplitFields(GlueTransform):
    """Two frames: the named fields, and the others."""

    apply = not_implemented()


class SplitRows(GlueTransform):
    """Two frames: the rows that meet conditions, and the others."""

    apply = not_implemented()


class Spigot(GlueTransform):
    """A sample of the records, written as JSON."""

    apply = not_implemented()
