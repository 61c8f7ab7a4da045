"""DynamicFrameCollection: what transforms with several results give."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from gluelocal.content import Content
from gluelocal.parity import not_implemented

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from awsglue.dynamicframe import DynamicFrame


class DynamicFrameCollection:
    """Named frames."""

    def __init__(
        self,
        dynamic_frames: dict[str, DynamicFrame] | Iterable[DynamicFrame],
        glue_ctx: GlueContext,
    ) -> None:
        if not isinstance(dynamic_frames, dict):
            dynamic_frames = {frame.name: frame for frame in dynamic_frames}
        self._frames: dict[str, DynamicFrame] = dict(dynamic_frames)
        self._glue_ctx = glue_ctx

    def keys(self) -> Any:
        """The frames' names."""
        return self._frames.keys()

    def values(self) -> Any:
        """The frames."""
        return self._frames.values()

    def __getitem__(self, key: str) -> DynamicFrame:
        return self._frames[key]

    def __len__(self) -> int:
        return len(self._frames)

    def select(self, key: str, transformation_ctx: str = "") -> DynamicFrame:
        """The frame of that name; without one, an empty frame."""
        from awsglue.dynamicframe import DynamicFrame  # which imports this module

        if key in self._frames:
            return self._frames[key]
        empty = self._glue_ctx.spark_session.createDataFrame([], "struct<>")
        return DynamicFrame(Content.of(empty), self._glue_ctx, key)

    def map(
        self, callable: Callable[[DynamicFrame, GlueContext], DynamicFrame],
        transformation_ctx: str = "",
    ) -> DynamicFrameCollection:  # fmt: skip
        """What `callable` makes of each frame. Raises TypeError unless it returns a frame."""
        from awsglue.dynamicframe import DynamicFrame  # which imports this module

        made = {}
        for key, frame in self._frames.items():
            result = callable(frame, self._glue_ctx)
            if not isinstance(result, DynamicFrame):
                raise TypeError(f"{key}: the function returned {type(result).__name__}, "
                                "not a DynamicFrame")  # fmt: skip
            made[key] = result
        return DynamicFrameCollection(made, self._glue_ctx)

    flatmap = not_implemented("not used by streaming jobs here yet")
