"""Values of items as columns of declared types: what fits, and what is counted as unfit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from localaws.errors import LocalCloudError
from localaws.hive_arrow import arrow_type, hive_of
from localaws.hive_kinds import DOUBLE, kind_of
from localaws.query.values import Unfit, fitted, table_of
from localaws.tables import plain_item


@pytest.mark.parametrize(
    ("hive", "value", "expected"),
    [
        ("string", 5, "5"),
        ("string", {"a": [1]}, '{"a": [1]}'),
        ("string", {2, 1}, "[1, 2]"),
        ("bigint", 2**63 - 1, 2**63 - 1),
        ("double", 3, 3.0),
        ("boolean", False, False),
        ("decimal(6,2)", 12.5, Decimal("12.50")),
        ("decimal(38,2)", Decimal("123456789012345678901234567890.12"),
         Decimal("123456789012345678901234567890.12")),
        ("decimal(2,2)", 0, Decimal("0.00")),
        ("double", Decimal("0.5"), 0.5),
        ("string", Decimal("1.50"), "1.50"),
        ("string", {"a": Decimal("1.5")}, '{"a": 1.5}'),
        ("string", {"a": Decimal("12345678901234567.89")}, '{"a": "12345678901234567.89"}'),
        ("date", "2026-01-02", dt.date(2026, 1, 2)),
        ("timestamp", "2026-01-02T01:00:00+01:00", dt.datetime(2026, 1, 2, 0, 0)),
        ("binary", b"\x00", b"\x00"),
        ("set<bigint>", {2, 1}, [1, 2]),
        ("map<string,bigint>", {"a": 1}, [("a", 1)]),
        ("struct<sku:string,n:int>", {"SKU": "x"}, {"sku": "x", "n": None}),
        ("array<struct<n:bigint>>", [{"n": 1}, None], [{"n": 1}, None]),
        ("bigint", None, None),
    ],
)  # fmt: skip
def test_a_value_of_the_type_is_taken(hive: str, value: Any, expected: Any) -> None:
    found = fitted(value, arrow_type(hive))
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("hive", "value"),
    [
        ("int", 2**31),
        ("bigint", True),
        ("bigint", 1.5),
        ("bigint", "1"),
        ("double", "1"),
        ("boolean", 1),
        ("decimal(3,2)", 12),
        ("decimal(3,2)", "1"),
        ("decimal(3,2)", "many"),
        ("decimal(3,2)", {"a": 1}),
        ("decimal(3,2)", True),
        ("decimal(2,1)", 9.99),
        ("decimal(38,0)", 10**40),
        ("decimal(38,20)", float("inf")),
        ("decimal(38,20)", float("nan")),
        ("double", 10**400),
        ("date", "yesterday"),
        ("timestamp", 5),
        ("binary", "text"),
        ("array<bigint>", 1),
        ("map<string,bigint>", [1]),
        ("struct<n:int>", 1),
        ("array<bigint>", ["x"]),
    ],
)
def test_a_value_of_another_type_is_unfit(hive: str, value: Any) -> None:
    with pytest.raises(Unfit):
        fitted(value, arrow_type(hive))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", 3),
        ("3.0", 3),
        ("12.5", 12.5),
        ("12345678901234567.89", Decimal("12345678901234567.89")),
        ("1E+40", 10**40),
    ],
)
def test_a_number_of_an_item_keeps_every_digit(text: str, expected: Any) -> None:
    found = plain_item({"n": {"N": text}})["n"]
    assert (found, type(found)) == (expected, type(expected))


def test_a_crawler_takes_a_long_number_for_a_double() -> None:
    assert kind_of(Decimal("12345678901234567.89")) == DOUBLE


def test_unfit_values_are_null_and_counted_by_column() -> None:
    schema = pa.schema([("id", pa.string()), ("stock", pa.int64())])
    items = [{"id": "a", "stock": 1}, {"ID": "b", "stock": "many"}, {"id": "c", "extra": 1}]
    table, unfit = table_of(items, schema)
    assert table.to_pylist() == [
        {"id": "a", "stock": 1},
        {"id": "b", "stock": None},
        {"id": "c", "stock": None},
    ]
    assert unfit == {"stock": 1}


@pytest.mark.parametrize(
    "hive",
    [
        "string", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "date",
        "timestamp", "binary", "decimal(10,2)", "array<string>", "map<string,array<int>>",
        "struct<a:int,b:struct<c:array<date>>>",
    ],
)  # fmt: skip
def test_a_type_goes_to_arrow_and_back(hive: str) -> None:
    assert hive_of(arrow_type(hive)) == hive


@pytest.mark.parametrize(
    ("kind", "hive"),
    [
        (pa.uint8(), "smallint"),
        (pa.uint64(), "decimal(20,0)"),
        (pa.dictionary(pa.int8(), pa.string()), "string"),
        (pa.large_list(pa.float32()), "array<float>"),
        (pa.time64("us"), "string"),
        (pa.timestamp("ns", "UTC"), "timestamp"),
    ],
    ids=str,
)
def test_types_that_hive_lacks_become_the_nearest(kind: pa.DataType, hive: str) -> None:
    assert hive_of(kind) == hive


@pytest.mark.parametrize("hive", ["text", "array<int", "array<int,int>", "map<int>", ""])
def test_what_is_no_type_is_refused(hive: str) -> None:
    with pytest.raises(LocalCloudError, match="column type"):
        arrow_type(hive)
