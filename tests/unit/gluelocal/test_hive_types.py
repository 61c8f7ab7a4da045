"""Hive types of the Data Catalog as Spark types."""

from __future__ import annotations

import pytest
from gluelocal.errors import CatalogTableError
from gluelocal.hive_types import spark_type
from pyspark.sql import types as T


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("string", T.StringType()),
        ("BIGINT", T.LongType()),
        ("Integer", T.IntegerType()),
        ("decimal", T.DecimalType(10, 0)),
        ("decimal(8)", T.DecimalType(8, 0)),
        ("decimal( 8 , 2 )", T.DecimalType(8, 2)),
        ("varchar(20)", T.StringType()),
        ("set<bigint>", T.ArrayType(T.LongType())),
        ("map<string,array<int>>", T.MapType(T.StringType(), T.ArrayType(T.IntegerType()))),
    ],
)
def test_hive_types_become_spark_types(text: str, expected: T.DataType) -> None:
    assert spark_type(text) == expected


def test_nested_structs_keep_their_order() -> None:
    found = spark_type(
        "struct<basket:array<struct<sku:string,price:decimal(8,2)>>,transaction_id:string>"
    )
    item = T.StructType().add("sku", T.StringType()).add("price", T.DecimalType(8, 2))
    expected = T.StructType().add("basket", T.ArrayType(item)).add("transaction_id", "string")
    assert found == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("strng", "unknown type 'strng'"),
        ("array<int", "ends too early"),
        ("int>", "after the end"),
        ("struct<a int>", "'>' where ':' belongs"),
        ("decimal(a)", "no number"),
        ("", "ends too early"),
    ],
)
def test_what_is_no_type_is_explained(text: str, why: str) -> None:
    with pytest.raises(CatalogTableError, match=why):
        spark_type(text)
