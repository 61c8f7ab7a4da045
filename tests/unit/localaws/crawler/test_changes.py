"""What a crawl changes of a table that is there, by policy."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localaws.crawler.changes import DEPRECATED, decide, decide_missing
from localaws.crawler.definition import Update
from localaws.crawler.inputs import files_input
from localaws.crawler.schema import Schema


def table(columns: dict[str, str], kind: str = "json", **parameters: str) -> dict[str, Any]:
    schema = Schema(kind, tuple(columns.items()), parameters=parameters,
                    serde={"field.delim": ",", "quote": '"', "serde": "None"})  # fmt: skip
    return files_input("t", "c", "s3://b/t/", schema, ["day"])


def names(found: dict[str, Any] | None) -> list[str]:
    assert found is not None
    return [column["Name"] for column in found["StorageDescriptor"]["Columns"]]


BEFORE = table({"a": "int", "b": "string"})
AFTER = table({"b": "string", "c": "double", "a": "bigint"})


def test_a_new_table_is_made_under_every_policy() -> None:
    for policy in get_args(Update):
        decision = decide(None, BEFORE, policy)
        assert decision.change.action == "created"
        assert decision.table == BEFORE
    assert decision.change.columns == ("a: int, new", "b: string, new", "day: string, new")


def test_an_update_adds_removes_and_retypes() -> None:
    decision = decide(table({"a": "int", "b": "string", "x": "date"}), AFTER, "UPDATE_IN_DATABASE")
    assert decision.change.action == "updated"
    assert decision.change.columns == ("c: double, new", "x: date, removed", "a: int -> bigint")
    assert names(decision.table) == ["a", "b", "c"]


def test_logging_reports_the_same_and_writes_nothing() -> None:
    decision = decide(BEFORE, AFTER, "LOG")
    assert (decision.change.action, decision.table) == ("logged", None)
    assert decision.change.columns == ("c: double, new", "a: int -> bigint")


def test_merging_adds_columns_and_fields_and_changes_no_type() -> None:
    before = table({"a": "int", "s": "struct<x:int>", "old": "date"})
    after = table({"a": "bigint", "s": "struct<x:string,y:double>", "c": "int"})
    decision = decide(before, after, "MERGE_NEW_COLUMNS")
    assert decision.table is not None
    columns = decision.table["StorageDescriptor"]["Columns"]
    assert {c["Name"]: c["Type"] for c in columns} == {
        "a": "int", "s": "struct<x:int,y:double>", "old": "date", "c": "int",
    }  # fmt: skip


@pytest.mark.parametrize(
    "after",
    [table({"a": "int"}, "parquet"), table({"a": "int"}, "csv", delimiter="|")],
    ids=["format", "delimiter"],
)
def test_merging_marks_a_table_that_is_another_one_now(after: dict[str, Any]) -> None:
    before = table({"a": "int"}, "csv", delimiter=",")
    decision = decide(before, after, "MERGE_NEW_COLUMNS")
    assert decision.change.action == "deprecated"
    assert decision.table is not None
    assert decision.table["Parameters"][DEPRECATED]
    assert decision.table["StorageDescriptor"] == before["StorageDescriptor"]


def test_what_others_wrote_stays() -> None:
    columns = [{"Name": "a", "Type": "int", "Comment": "an a"}, {"Name": "b", "Type": "string"}]
    before = {**BEFORE, "Description": "ours", "CreateTime": "now",
              "Parameters": {**BEFORE["Parameters"], "ours": "1"},
              "StorageDescriptor": {**BEFORE["StorageDescriptor"], "Columns": columns}}  # fmt: skip
    decision = decide(before, AFTER, "UPDATE_IN_DATABASE")
    assert decision.table is not None
    assert decision.table["Description"] == "ours"
    assert decision.table["Parameters"]["ours"] == "1"
    assert "CreateTime" not in decision.table
    assert decision.table["StorageDescriptor"]["Columns"][0] == {
        "Name": "a", "Type": "bigint", "Comment": "an a",
    }  # fmt: skip


def test_the_place_of_a_column_counts_where_rows_have_no_names() -> None:
    before = table({"a": "int", "b": "string"}, "csv", delimiter=",")
    swapped = table({"b": "string", "a": "int"}, "csv", delimiter=",")
    decision = decide(before, swapped, "UPDATE_IN_DATABASE")
    assert decision.change.columns == ("columns stand in another order",)
    json_swapped = table({"b": "string", "a": "int"})
    assert decide(BEFORE, json_swapped, "UPDATE_IN_DATABASE").change.action == "unchanged"


@pytest.mark.parametrize(
    ("policy", "action"),
    [
        ("LOG", "logged"),
        ("DELETE_FROM_DATABASE", "deleted"),
        ("DEPRECATE_IN_DATABASE", "deprecated"),
    ],
)
def test_a_table_without_data_goes_by_the_policy(policy: Any, action: str) -> None:
    assert decide_missing(BEFORE, policy, "c").change.action == action


@pytest.mark.parametrize("policy", ["UPDATE_IN_DATABASE", "MERGE_NEW_COLUMNS"])
def test_a_table_is_deprecated_once_and_comes_back_with_its_data(policy: Any) -> None:
    gone = decide_missing(BEFORE, "DEPRECATE_IN_DATABASE", "c").table
    assert gone is not None
    assert decide_missing(gone, "DEPRECATE_IN_DATABASE", "c").change.action == "unchanged"
    back = decide(gone, BEFORE, policy)
    assert back.change.columns == ("is in use again",)
    assert back.table is not None
    assert DEPRECATED not in back.table["Parameters"]


TYPES = st.sampled_from(["int", "bigint", "string", "struct<x:int>", "struct<x:int,y:date>"])
TABLES = st.dictionaries(st.sampled_from("abcd"), TYPES, min_size=1)
KINDS = st.sampled_from(["json", "csv", "parquet"])


@given(TABLES, TABLES, KINDS, KINDS, st.sampled_from(["UPDATE_IN_DATABASE", "MERGE_NEW_COLUMNS"]))
def test_a_second_crawl_changes_nothing(
    one: dict[str, str], other: dict[str, str], kind: str, other_kind: str, policy: Any
) -> None:
    wanted = table(other, other_kind)
    first = decide(table(one, kind), wanted, policy)
    stands = first.table or table(one, kind)
    again = decide(stands, wanted, policy)
    assert (again.change.action, again.table) == ("unchanged", None)
