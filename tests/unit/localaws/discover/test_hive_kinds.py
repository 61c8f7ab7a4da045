"""Kinds of JSON values: widened by hand-worked cases, and the laws of a lattice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localaws.hive_kinds import accepts, hive_type, kind_of, merged, merged_all, parse_hive

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.floats() | st.text(max_size=3),
    lambda parts: (
        st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from("aBb-"), parts, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], "bigint"),
        ([1, 1.5], "double"),
        ([2**63], "string"),
        ([1, "1"], "string"),
        ([True, 1], "string"),
        ([True, None], "boolean"),
        ([None], "string"),
        ([[1], [1.5]], "array<double>"),
        ([[], [None]], "array<string>"),
        ([[1], 1], "string"),
        ([{"b": 1}, {"a": "x", "b": 1.5}], "struct<a:string,b:double>"),
        ([{"a": [{"b": True}]}], "struct<a:array<struct<b:boolean>>>"),
        ([{"userId": 1, "USERID": 2.5}], "struct<userid:double>"),
        ([{}], "string"),
        ([{"not a name": 1}], "string"),
    ],
)
def test_values_are_widened_to_one_type(values: list[Any], expected: str) -> None:
    assert hive_type(merged_all(map(kind_of, values))) == expected


@given(st.lists(JSON, max_size=5))
def test_the_merged_kind_accepts_each_value(values: list[Any]) -> None:
    kind = merged_all(map(kind_of, values))
    assert all(accepts(kind, value) for value in values)


@given(JSON, JSON, JSON)
def test_the_order_of_merging_does_not_matter(one: Any, two: Any, three: Any) -> None:
    a, b, c = map(kind_of, (one, two, three))
    assert merged(a, b) == merged(b, a)
    assert merged(merged(a, b), c) == merged(a, merged(b, c))
    assert merged(a, a) == a


def test_a_value_that_is_wider_is_not_accepted() -> None:
    assert not accepts(kind_of(1), 2**31)
    assert not accepts(kind_of({"a": 1}), {"a": 1, "b": 2})


@pytest.mark.parametrize(
    "text",
    ["int", "string", "array<double>", "struct<a:int,b:array<struct<c:string,d:boolean>>>"],
)
def test_a_type_of_the_catalog_is_read(text: str) -> None:
    found = parse_hive(text)
    assert found is not None
    assert hive_type(found) == text.replace("int", "bigint")


@pytest.mark.parametrize("text", ["timestamp", "decimal(10,2)", "array<date>", "struct<a:char(3)>"])
def test_a_type_that_json_values_do_not_have_is_none(text: str) -> None:
    assert parse_hive(text) is None
