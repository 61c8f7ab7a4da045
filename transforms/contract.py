"""The contract at the exit of a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.columns import Schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class ContractError(ValueError):
    """Raised when a stage's rows are not what its schema says."""


def conform(df: DataFrame, schema: Schema, *, stage: str) -> DataFrame:
    """The same rows with exactly the schema's columns, in its order.

    Nullability is not checked: what must not be null is a value check before this.

    Raises:
        ContractError: a column is missing, unexpected or of another type.
    """
    expected = {field.name: field.dataType.simpleString() for field in schema.struct_type()}
    found = {field.name: field.dataType.simpleString() for field in df.schema}
    missing = [name for name in expected if name not in found]
    if missing:
        raise ContractError(f"{stage}: missing columns {missing}; got {df.columns}.")
    unexpected = [name for name in df.columns if name not in expected]
    if unexpected:
        raise ContractError(
            f"{stage}: unexpected columns {unexpected}; allowed are {list(expected)}."
        )
    if len(df.columns) != len(expected):
        raise ContractError(f"{stage}: a column occurs twice; got {df.columns}.")
    wrong = [f"{n}: {found[n]} instead of {t}" for n, t in expected.items() if found[n] != t]
    if wrong:
        raise ContractError(f"{stage}: wrong types ({'; '.join(wrong)}); cast before the exit.")
    return df if df.columns == list(schema.names) else df.select(*schema.names)
