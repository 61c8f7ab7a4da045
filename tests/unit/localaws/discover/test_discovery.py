"""What is found in a sample: columns, the time, and records that are no objects."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localaws.discovery import Discovery, Found, Sampled, discover
from localaws.hive_kinds import hive_type

MS, S = 1_767_225_600_000, 1_767_225_600
SCALARS = st.none() | st.booleans() | st.integers(0, 2**64) | st.floats(0, 1) | st.text(max_size=2)
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.fixed_dictionaries({"x": SCALARS})
RECORDS = st.lists(st.dictionaries(st.sampled_from(["a", "b", "B", "at"]), VALUES), max_size=6)


def _sampled(*records: Any) -> list[Sampled]:
    """Records in their order; what is no bytes is sent as JSON."""
    return [
        Sampled(f"s/{n}", record if isinstance(record, bytes) else json.dumps(record).encode())
        for n, record in enumerate(records)
    ]


def _found(*records: Any) -> Discovery:
    return discover(_sampled(*records))


def _column(found: Discovery, name: str) -> Found:
    return next(column for column in found.columns if column.name == name)


def takes(hive: str, value: Any) -> bool:
    """Whether a column of a type takes a value, said by hand for the types of this test."""
    if value is None or hive == "string":
        return True
    if hive.startswith("array<"):
        return isinstance(value, list) and all(takes(hive[6:-1], part) for part in value)
    if hive.startswith("struct<x:"):
        return isinstance(value, dict) and takes(hive[9:-1], value["x"])
    if isinstance(value, bool) or hive == "boolean":
        return isinstance(value, bool) and hive == "boolean"
    fits = isinstance(value, int) and abs(value) < 2**63
    return fits if hive == "bigint" else isinstance(value, int | float)


@given(RECORDS)
def test_the_type_of_a_column_takes_each_sampled_value(records: list[dict[str, Any]]) -> None:
    types = {column.name: hive_type(column.kind) for column in _found(*records).columns}
    assert all(takes(types[key.lower()], record[key]) for record in records for key in record)


@given(RECORDS.flatmap(lambda records: st.tuples(st.just(records), st.permutations(records))))
def test_the_order_of_the_records_does_not_matter(
    orders: tuple[list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    assert _found(*orders[0]) == _found(*orders[1])


def test_columns_are_ordered_by_the_records_that_carry_them() -> None:
    found = _found({"b": 1, "c": None}, {"b": 2, "a": 1}, {"b": "long", "a": 1})
    columns = [(column.name, found.share(column), column.example) for column in found.columns]
    assert columns == [("b", 1.0, "1"), ("a", 2 / 3, "1"), ("c", 0.0, None)]


def test_keys_that_differ_in_case_are_one_column() -> None:
    found = _found({"userId": 1, "USERID": 2}, {"userid": None})
    column = _column(found, "userid")
    assert (column.keys, column.count) == (("USERID", "userId", "userid"), 1)


def test_a_name_that_no_column_can_have_is_left_out_and_named() -> None:
    found = _found({"ok": 1, "not ok": 1, "": 2})
    assert [column.name for column in found.columns] == ["ok"]
    assert found.unusable == ("", "not ok")


def test_records_that_are_no_objects_are_counted_with_the_first_position() -> None:
    records = ({"a": 1}, b"{", b"[1]", b"\xff", b"NaN", b"\xf3\x89\x9a\xc2...")
    found = _found(*records)
    assert (found.sampled, found.objects) == (6, 1)
    assert [(t.reason, t.count, t.first) for t in found.troubles] == [
        ("aggregated by the Kinesis Producer Library", 1, "s/5"),
        ("not JSON", 2, "s/1"),
        ("not UTF-8", 1, "s/3"),
        ("not an object", 1, "s/2"),
    ]


@pytest.mark.parametrize(
    ("values", "form"),
    [
        ([MS, MS + 1], "epoch ms"),
        ([S, S + 0.5], "epoch s"),
        (["2026-01-01T10:00:00Z", "2026-01-01 10:00:00.5+01:00"], "ISO-8601"),
        ([MS, S], None),
        ([MS, "2026-01-01T10:00:00Z"], None),
        (["2026-01-01"], None),
        ([5], None),
        ([True], None),
    ],
)
def test_a_time_has_one_form_throughout(values: list[Any], form: str | None) -> None:
    found = _found(*({"event_time": value} for value in values), {"event_time": None})
    assert _column(found, "event_time").time == form
    assert found.timestamp == ("event_time" if form else None)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"created_at": MS, "event_timestamp": MS}, "event_timestamp"),
        ({"session": S, "ts": MS}, "ts"),
        ({"session": S, "format": MS}, None),
        ({"when": "2026-01-01T10:00:00Z", "id": S}, "when"),
        ({"when": "2026-01-01T10:00:00Z", "eventtime": S}, "eventtime"),
    ],
    ids=["telling name", "id like a time", "no name of a time", "text", "joined name"],
)
def test_the_timestamp_is_the_column_that_is_named_like_one(
    record: dict[str, Any], expected: str | None
) -> None:
    assert _found(record).timestamp == expected
