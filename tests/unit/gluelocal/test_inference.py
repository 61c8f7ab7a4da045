"""Types of records that describe themselves."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from awsglue import gluetypes as G
from gluelocal import inference
from gluelocal.type_json import struct_from_json
from hypothesis import example, given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
RECORDS = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"), (True, "boolean"), (2**31 - 1, "int"), (2**31, "long"), (0.5, "double"),
        ("a", "string"), (b"a", "binary"), (Decimal("1.25"), "decimal"),
        (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "timestamp"), (dt.date(2026, 1, 1), "date"),
        ([1], "array"), ({"a": 1}, "struct"),
    ],
)  # fmt: skip
def test_values_have_glue_types(value: Any, name: str) -> None:
    assert inference.type_of(value).typeName() == name


def test_what_no_record_can_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="object is no type of a record"):
        inference.type_of(object())


def test_int_and_long_in_one_field_are_a_choice() -> None:
    found = inference.shapes([{"n": 1}, {"n": 2**40}])
    assert found.treeString() == "root\n|-- n: choice\n|    |-- int\n|    |-- long"


def test_a_null_takes_the_type_of_the_others() -> None:
    found = inference.shapes([{"n": None}, {"n": "a"}, {"m": [None, 1]}])
    assert found.treeString() == "root\n|-- n: string\n|-- m: array\n|    |-- element: int"


def test_structs_are_merged_field_by_field() -> None:
    found = inference.shapes([{"s": {"a": 1}}, {"s": {"b": "x", "a": 2}}])
    assert found.treeString() == "root\n|-- s: struct\n|    |-- a: int\n|    |-- b: string"


def test_integers_widen_to_long_unless_the_field_was_narrower() -> None:
    source = G.StructType([G.Field("old", G.IntegerType())])
    found = inference.widened(inference.shapes([{"old": 1, "new": 2}]), source)
    assert found.treeString() == "root\n|-- old: int\n|-- new: long"  # type: ignore[attr-defined]


def test_int_and_long_of_new_fields_are_one_long() -> None:
    found = inference.widened(inference.shapes([{"n": 1}, {"n": 2**40}]), None)
    assert found == G.StructType([G.Field("n", G.LongType())])


@given(RECORDS)
def test_a_type_merged_with_itself_is_itself(record: dict[str, Any]) -> None:
    found = inference.type_of(record)
    assert G.mergeDataTypes(found, found) == found


@example([{"c": [None]}, {"c": []}, {"c": [None]}])
@example([{"a": []}, {"a": {}}])
@given(st.lists(RECORDS, max_size=4))
def test_looking_at_shapes_gives_what_looking_at_every_record_does(
    records: list[dict[str, Any]],
) -> None:
    assert inference.shapes(records) == inference.merged_struct(map(inference.type_of, records))


@given(st.lists(RECORDS, max_size=4))
def test_a_type_survives_its_json(records: list[dict[str, Any]]) -> None:
    found = inference.shapes(records)
    assert struct_from_json(found.json()) == found
