"""ApplyMapping on a plain Spark frame."""

from __future__ import annotations

from typing import Any

from gluelocal import mapping
from gluelocal.structure import glue_struct
from pyspark.sql import DataFrame


class ApplyMapping:
    """The mapped columns of a Spark frame, renamed and converted."""

    @classmethod
    def apply(cls, df: DataFrame, mappings: Any, case_sensitive: bool = False) -> DataFrame:
        """Mappings as for a DynamicFrame; a value that does not convert is null."""
        parsed = mapping.parse_mappings(mappings)
        types = glue_struct(df.schema)
        return mapping.apply_mapping(df, types, parsed, case_sensitive=case_sensitive)[0]
