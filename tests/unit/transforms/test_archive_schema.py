"""The columns of the history for a stream that declares more than its contract."""

from __future__ import annotations

import pytest
from pyspark.sql import types as T

from catalog.errors import CatalogError
from catalog.lake import CLICKS
from catalog.streams import CLICKSTREAM
from transforms.archive import table_schema

DECLARED = [
    T.StructField(name, T.LongType() if name == "event_timestamp" else T.StringType())
    for name in CLICKSTREAM.schema.names
]


def declared(name: str, kind: T.DataType) -> T.StructType:
    return T.StructType([*DECLARED, T.StructField(name, kind)])


def test_the_contract_alone_gives_the_contracts_columns() -> None:
    assert table_schema(T.StructType(DECLARED)) == CLICKS.schema


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (T.StringType(), "string"),
        (T.LongType(), "bigint"),
        (T.FloatType(), "float"),
        (T.ShortType(), "smallint"),
        (T.DecimalType(12, 2), "decimal(12,2)"),
        (T.ArrayType(T.StringType()), "array<string>"),
    ],
    ids=lambda value: str(value),
)
def test_a_further_field_is_the_last_column_with_its_type(kind: T.DataType, told: str) -> None:
    last = table_schema(declared("campaign", kind)).columns[-1]
    assert (last.name, last.type) == ("campaign", told)


@pytest.mark.parametrize("name", ["other", "event_key", "arrived_at", "event_date"])
def test_a_field_with_the_name_of_a_column_of_the_table_is_refused(name: str) -> None:
    with pytest.raises(CatalogError, match=rf"\['{name}'\] are declared twice"):
        table_schema(declared(name, T.StringType()))


def test_a_name_that_no_column_has_is_refused() -> None:
    with pytest.raises(CatalogError, match="column 'my field'"):
        table_schema(declared("my field", T.StringType()))
