"""Transforms of plain Spark frames."""

from awsglue.dataframe_transforms.apply_mapping import ApplyMapping

__all__ = ["ApplyMapping"]
