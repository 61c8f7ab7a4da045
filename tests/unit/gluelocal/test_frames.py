"""Paths, mappings, types and names that need no Spark."""

from __future__ import annotations

from typing import Any

import pytest
from awsglue import gluetypes as G
from awsglue.dynamicframe import DynamicRecord
from gluelocal import mapping, paths
from gluelocal.catalog_arguments import frame_name, table_of
from gluelocal.structure import held_value, plain_value
from pyspark.sql import types as T

SCHEMA = T.StructType().add("Id", "string").add("s", T.StructType().add("a.b", "integer"))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("`a.b`.c", ("a.b", "c")),
        (".id", (".id",)),
        ("`.id`", (".id",)),
    ],
)
def test_paths_are_cut_at_dots_outside_quotes(text: str, parts: paths.Path) -> None:
    assert paths.parse(text) == parts


@pytest.mark.parametrize(
    ("path", "case_sensitive", "expected"),
    [
        (("id",), False, ("Id",)),
        (("id",), True, None),
        (("s", "a.b"), True, ("s", "a.b")),
        (("Id", "x"), False, None),
        (("no",), False, None),
    ],
)
def test_paths_are_found_in_the_schemas_own_spelling(
    path: paths.Path, case_sensitive: bool, expected: paths.Path | None
) -> None:
    assert paths.find(SCHEMA, path, case_sensitive=case_sensitive) == expected


def test_mappings_of_all_lengths_are_taken() -> None:
    found = mapping.parse_mappings([("a", "b"), ("a", "b", "int"), ("a", "long", "b", "int")])
    assert [(m.source_type, m.target_type) for m in found] == [
        (None, None), (None, "int"), ("long", "int"),
    ]  # fmt: skip


def test_a_lone_mapping_is_taken() -> None:
    assert mapping.parse_mappings(("a", "b"))[0].target == "b"


@pytest.mark.parametrize(
    ("mappings", "error", "message"),
    [
        ([["a", "b"]], TypeError, "Mapping must be specified as a tuple"),
        ([("a",)], ValueError, "Mapping tuple must be of length 2, 3, or 4"),
    ],
)
def test_other_mappings_are_refused(mappings: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        mapping.parse_mappings(mappings)


@pytest.mark.parametrize("name", ["String", "integer", "BIGINT", "timestamp", "decimal(8,2)"])
def test_type_names_of_mappings_ignore_case(name: str) -> None:
    assert isinstance(mapping.named_type(name), T.DataType)


def test_the_tree_shows_choices_in_the_order_of_their_names() -> None:
    types = G.StructType(
        [
            G.Field("provider id", G.ChoiceType([G.StringType(), G.LongType()])),
            G.Field("links", G.ArrayType(G.StructType([G.Field("url", G.StringType())]))),
        ]
    )
    assert types.treeString().splitlines() == [
        "root",
        "|-- provider id: choice",
        "|    |-- long",
        "|    |-- string",
        "|-- links: array",
        "|    |-- element: struct",
        "|    |    |-- url: string",
    ]


def test_a_schemas_json_has_upstreams_form() -> None:
    types = G.StructType([G.Field("a", G.ArrayType(G.IntegerType()))])
    assert types.jsonValue() == {
        "dataType": "struct",
        "properties": {},
        "fields": [
            {
                "name": "a",
                "container": {
                    "dataType": "array",
                    "properties": {},
                    "elementType": {"dataType": "int", "properties": {}},
                },
                "properties": {},
            }
        ],
    }


def test_a_choice_is_held_under_its_types_name() -> None:
    types = G.StructType([G.Field("n", G.ChoiceType([G.LongType(), G.StringType()]))])
    held = held_value({"n": 5}, types)
    assert held == {"n": {"long": 5, "string": None}}
    assert plain_value(held, types) == {"n": 5}


def test_a_records_missing_field_is_a_key_error_and_its_structs_are_records() -> None:
    record = DynamicRecord({"a": {"b": 1}})
    assert record.a.b == 1
    with pytest.raises(KeyError):
        _ = record.c
    record.c = 2
    del record.a
    assert record == {"c": 2}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"database": "d", "table_name": "t", "name_space": "n"},
         "^Parameter name_space and database are both specified, choose one.$"),
        ({"table_name": "t"}, "^Parameter name_space or database is missing.$"),
        ({"database": "d"}, "^Parameter table_name is missing.$"),
    ],
)  # fmt: skip
def test_catalog_arguments_are_checked_with_upstreams_words(
    arguments: dict[str, str], message: str
) -> None:
    other = {key: value for key, value in arguments.items() if key == "name_space"}
    with pytest.raises(Exception, match=message):
        table_of(arguments.get("database"), arguments.get("table_name"), None, other)


def test_a_frame_of_paths_has_their_common_prefix_as_its_name() -> None:
    assert frame_name({"paths": ["s3://b/in/1.json", "s3://b/in/2.json"]}) == "s3bin"
    assert "-" not in frame_name({})
