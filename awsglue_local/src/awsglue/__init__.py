"""The Python API of AWS Glue jobs, running on stock PySpark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from awsglue.dynamicframe import DynamicFrame as DynamicFrame

__all__ = ["DynamicFrame"]


def __getattr__(name: str) -> Any:
    # Late, since the engine below imports `awsglue.gluetypes` while `dynamicframe` imports it.
    if name == "DynamicFrame":
        from awsglue.dynamicframe import DynamicFrame

        return DynamicFrame
    raise AttributeError(f"module 'awsglue' has no attribute {name!r}")
