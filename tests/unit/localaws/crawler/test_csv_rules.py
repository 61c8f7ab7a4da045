"""The rules of the CSV classifier, one by one, as its documentation gives them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localaws.crawler.csv_rules import CsvOptions, classify_csv, kind_of_text
from localaws.crawler.sample import Sample
from localaws.crawler.schema import Schema
from localaws.hive_kinds import merged_all


def of(text: str, options: CsvOptions | None = None) -> Schema | None:
    return classify_csv(Sample(text.encode()), options)


def found(text: str, options: CsvOptions | None = None) -> dict[str, str]:
    schema = of(text, options)
    assert schema is not None
    return {column["Name"]: column["Type"] for column in schema.glue_columns()}


@pytest.mark.parametrize("delimiter", [",", "|", "\t", ";", "\x01"])
def test_five_delimiters_are_tried(delimiter: str) -> None:
    text = f"id{delimiter}n\na{delimiter}1\nb{delimiter}2\n"
    schema = of(text)
    assert schema is not None
    assert schema.parameters["delimiter"] == delimiter
    assert found(text) == {"id": "string", "n": "bigint"}


@pytest.mark.parametrize(
    "text",
    ["a,b\n", "a\nb\nc\n", "a,b\nc\n", "a b\nc d\n"],
    ids=["one row", "one column", "rows of two widths", "no delimiter"],
)
def test_a_table_has_two_columns_and_two_rows(text: str) -> None:
    assert of(text) is None


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("id,n\na,1\n", True),
        ("a,1\nb,2\n", False),
        ("id,name\na,b\nc,d\n", False),
        (f"{'x' * 150},n\na,1\n", False),
        (f"id,{'x' * 150}\na,1\n", True),
        ("id,n,\na,1,\n", True),
        (",n\na,1\n", False),
        ("a\x07b,n\na,1\n", False),
        ("id,n\na,\nb,3\n", True),
    ],
    ids=[
        "text above a number", "a number in the first row", "all text", "a long name",
        "a long last name", "an empty last column", "an empty name", "a name with a control"
        " character", "empty cells tell nothing",
    ],
)  # fmt: skip
def test_a_header_is_text_that_differs_from_the_rows(text: str, header: bool) -> None:
    schema = of(text)
    assert schema is not None
    assert ("skip.header.line.count" in schema.parameters) is header
    if not header:
        assert [name for name, _ in schema.columns][:2] == ["col0", "col1"]


def test_types_are_those_of_all_rows() -> None:
    text = "id,n,x,flag,mixed,none,big\n1a,1,1,true,1,,9223372036854775808\n2b,2,.5,FALSE,z,,1\n"
    assert found(text) == {
        "id": "string", "n": "bigint", "x": "double", "flag": "boolean", "mixed": "string",
        "none": "string", "big": "string",
    }  # fmt: skip


def test_quoted_cells_hold_delimiters_and_names_are_made_distinct() -> None:
    assert found('Name,name,n\n"a, b",c,1\n') == {
        "name": "string",
        "name_1": "string",
        "n": "bigint",
    }


@pytest.mark.parametrize(
    ("options", "text", "expected"),
    [
        (CsvOptions(delimiter="^"), "id^n\na^1\n", {"id": "string", "n": "bigint"}),
        (CsvOptions(header="ABSENT"), "id,n\na,1\n", {"col0": "string", "col1": "string"}),
        (CsvOptions(header="PRESENT"), "id,x\na,b\n", {"id": "string", "x": "string"}),
        (
            CsvOptions(names=("A", "B"), header="ABSENT"),
            "a,1\nb,2\n",
            {"a": "string", "b": "bigint"},
        ),
        (CsvOptions(single_column=True), "n\n1\n2\n", {"n": "bigint"}),
        (CsvOptions(quote="'"), "id,n\n'a,b',1\n", {"id": "string", "n": "bigint"}),
        (CsvOptions(trim=False), "id,n\na, 1\n", {"col0": "string", "col1": "string"}),
        (CsvOptions(serde="OpenCSVSerDe"), "id,n\na,1\n", {"id": "string", "n": "string"}),
    ],
    ids=[
        "delimiter",
        "no header",
        "header",
        "names",
        "single column",
        "quote",
        "as it is",
        "serde",
    ],
)
def test_a_custom_classifier_says_how(
    options: CsvOptions, text: str, expected: dict[str, str]
) -> None:
    assert found(text, options) == expected


def test_a_last_line_that_was_cut_off_is_left_out() -> None:
    text = "id,n\na,1\nb,2"
    schema = classify_csv(Sample(text.encode(), whole=False))
    assert schema is not None
    assert classify_csv(Sample(b"id,n\na,1\nb", whole=False)) == schema


CELLS = st.sampled_from(["", "1", "-2", "1.5", "1e3", "true", "x", "9223372036854775808"])


@given(st.lists(CELLS, min_size=1), CELLS)
def test_another_row_never_narrows_a_type(cells: list[str], more: str) -> None:
    before = merged_all(map(kind_of_text, cells))
    after = merged_all(map(kind_of_text, [*cells, more]))
    assert merged_all([before, after]) == after
