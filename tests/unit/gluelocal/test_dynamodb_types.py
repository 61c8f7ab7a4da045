"""Attribute values of DynamoDB and the values of rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from awsglue import gluetypes as G
from gluelocal import inference
from gluelocal.dynamodb_types import decode_item, item_encoder, item_size
from gluelocal.errors import DynamoDbItemError
from gluelocal.structure import held_value
from hypothesis import given
from hypothesis import strategies as st


def encoded(data_type: G.DataType, value: Any) -> Any:
    return item_encoder(G.StructType([G.Field("a", data_type)]))({"a": value}).get("a")


@pytest.mark.parametrize(
    ("data_type", "value", "expected"),
    [
        (G.StringType(), "", {"S": ""}),
        (G.LongType(), 7, {"N": "7"}),
        (G.DoubleType(), 0.1, {"N": "0.1"}),
        (G.DoubleType(), 3.0, {"N": "3"}),
        (G.DecimalType(10, 2), Decimal("1.50"), {"N": "1.50"}),
        (G.BooleanType(), False, {"BOOL": False}),
        (G.BinaryType(), b"\x00\xff", {"B": "AP8="}),
        (G.ArrayType(G.LongType()), [1, None], {"L": [{"N": "1"}, {"NULL": True}]}),
        (G.MapType(G.LongType()), [("k", 1), ("gone", None)], {"M": {"k": {"N": "1"}}}),
        (G.StructType([G.Field("b", G.LongType())]), {"b": None}, {"M": {}}),
        (G.DateType(), dt.date(2026, 1, 2), {"S": "2026-01-02"}),
        (G.TimestampType(), dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC),
         {"S": "2026-01-02T03:00:00Z"}),
        (G.ChoiceType([G.LongType(), G.StringType()]), {"long": None, "string": "x"}, {"S": "x"}),
        (G.ChoiceType([G.LongType(), G.StringType()]), {"long": None, "string": None}, None),
        (G.StringType(), None, None),
    ],
)  # fmt: skip
def test_row_values_become_attributes(data_type: G.DataType, value: Any, expected: Any) -> None:
    assert encoded(data_type, value) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(DynamoDbItemError, match="is no DynamoDB number"):
        encoded(G.DoubleType(), value)


def test_attributes_become_record_values() -> None:
    item = {
        "i": {"N": "12"}, "d": {"N": "1.5"}, "big": {"N": "12345678901234567890123"},
        "s": {"S": "x"}, "no": {"NULL": True}, "b": {"B": "AP8="}, "ss": {"SS": ["p", "q"]},
        "ns": {"NS": ["1", "2.5"]}, "l": {"L": [{"S": "a"}, {"NULL": True}]},
        "m": {"M": {"x": {"BOOL": True}, "gone": {"NULL": True}}},
    }  # fmt: skip
    assert decode_item(item) == {
        "i": 12, "d": 1.5, "big": 12345678901234567890123, "s": "x", "b": b"\x00\xff",
        "ss": ["p", "q"], "ns": [1, 2.5], "l": ["a", None], "m": {"x": True},
    }  # fmt: skip


JSON_VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.text(max_size=4)
    | st.binary(max_size=4)
    | st.floats(-1e6, 1e6).filter(lambda number: not number.is_integer()),
    lambda inner: st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text("abc", min_size=1), JSON_VALUES, max_size=4))
def test_what_is_written_is_read_back(record: dict[str, Any]) -> None:
    types = inference.shapes([record])
    assert decode_item(item_encoder(types)(held_value(record, types))) == record


def test_sizes_count_names_and_values() -> None:
    item = {"id": {"S": "abc"}, "n": {"N": "1234"}, "l": {"L": [{"S": "é"}]}}
    assert item_size(item) == (2 + 3) + (1 + 4) + (1 + 3 + 1 + 2)
