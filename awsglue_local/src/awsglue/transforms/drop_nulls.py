"""DropNullFields."""

from __future__ import annotations

from awsglue import gluetypes
from awsglue.dynamicframe import DynamicFrame
from awsglue.transforms.transform import GlueTransform


class DropNullFields(GlueTransform):
    """All fields but those that were null in every record."""

    def __call__(
        self, frame: DynamicFrame, transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """All fields but those of null type, also inside structs and arrays of structs."""
        found = _null_paths(frame.schema(), "")
        print("null_fields", found)  # noqa: T201 - upstream prints it
        return frame.drop_fields(found) if found else frame


def _null_paths(data_type: gluetypes.DataType, above: str) -> list[str]:
    if isinstance(data_type, gluetypes.ArrayType):
        return _null_paths(data_type.elementType, above)
    if isinstance(data_type, gluetypes.NullType):
        return [above]
    if not isinstance(data_type, gluetypes.StructType):
        return []
    prefix = f"{above}." if above else ""
    return [
        path
        for field in data_type
        for path in _null_paths(field.dataType, f"{prefix}`{field.name}`" if "." in field.name
                                else f"{prefix}{field.name}")
    ]  # fmt: skip
