"""Transforms of collections."""

from __future__ import annotations

from typing import Any

from gluelocal.parity import not_implemented

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.transforms.transform import GlueTransform


class SelectFromCollection(GlueTransform):
    """One frame of a collection."""

    def __call__(
        self, dfc: DynamicFrameCollection, key: str, transformation_ctx: str = ""
    ) -> DynamicFrame:
        """The frame of that name; without one, an empty frame."""
        return dfc.select(key, transformation_ctx)


class MapToCollection(GlueTransform):
    """A function over every frame of a collection."""

    def __call__(
        self, dfc: DynamicFrameCollection, callable: Any, transformation_ctx: str = ""
    ) -> DynamicFrameCollection:
        """What the function makes of each frame."""
        return dfc.map(callable, transformation_ctx)


class FlatMap(GlueTransform):
    """A transform over every frame of a collection."""

    apply = not_implemented()
