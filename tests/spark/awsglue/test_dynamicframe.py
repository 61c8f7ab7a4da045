"""DynamicFrame and the transform classes, on records whose results are worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection, ResolveOption
from awsglue.transforms import (
    ApplyMapping,
    DropFields,
    DropNullFields,
    Filter,
    Join,
    Map,
    RenameField,
    SelectFields,
    SelectFromCollection,
    Union,
)

from tests.spark.versions import needs_try_cast

FrameOf = Callable[[list[dict[str, Any]]], DynamicFrame]


def rows(frame: DynamicFrame) -> list[dict[str, Any]]:
    return [row.asDict(recursive=True) for row in frame.toDF().collect()]


def tree(frame: DynamicFrame) -> list[str]:
    return frame.schema().treeString().splitlines()[1:]


def test_records_that_differ_are_merged_and_mixed_types_are_choices(frame_of: FrameOf) -> None:
    frame = frame_of([{"id": 1, "zip": 10001}, {"id": 2, "zip": "10-001", "s": {"a": 1.5}}])
    assert tree(frame) == [
        "|-- id: long",
        "|-- zip: choice",
        "|    |-- long",
        "|    |-- string",
        "|-- s: struct",
        "|    |-- a: double",
    ]
    assert rows(frame) == [
        {"id": 1, "zip": {"long": 10001, "string": None}, "s": None},
        {"id": 2, "zip": {"long": None, "string": "10-001"}, "s": {"a": 1.5}},
    ]


@needs_try_cast
def test_mapping_renames_nests_converts_and_drops(frame_of: FrameOf) -> None:
    frame = frame_of([{"Id": "7", "price": "1.50", "a": {"b": 3}, "gone": 1}])
    mapped = ApplyMapping.apply(
        frame=frame,
        mappings=[
            ("id", "string", "key.id", "long"),
            ("price", "string", "price", "decimal(8,2)"),
            ("a.b", "key.b"),
            ("missing", "string", "missing", "string"),
        ],
    )
    assert tree(mapped) == ["|-- key: struct", "|    |-- id: long", "|    |-- b: long",
                            "|-- price: decimal"]  # fmt: skip
    ((row),) = rows(mapped)
    assert row["key"] == {"id": 7, "b": 3}
    assert str(row["price"]) == "1.50"


@needs_try_cast
def test_a_value_that_does_not_convert_is_null_also_under_ansi(frame_of: FrameOf) -> None:
    mapped = frame_of([{"n": "x"}, {"n": "5"}]).apply_mapping([("n", "string", "n", "int")])
    assert [row["n"] for row in rows(mapped)] == [None, 5]


@needs_try_cast
def test_mapping_a_choice_keeps_the_values_of_all_its_types(frame_of: FrameOf) -> None:
    mapped = frame_of([{"n": 1}, {"n": 2.5}]).apply_mapping([("n", "double", "n", "double")])
    assert [row["n"] for row in rows(mapped)] == [1.0, 2.5]


def test_selecting_ignores_what_is_not_there(frame_of: FrameOf) -> None:
    frame = frame_of([{"a": 1, "b": 2}])
    assert rows(SelectFields.apply(frame, ["b", "no"])) == [{"b": 2}]
    assert rows(frame.select_fields("a")) == [{"a": 1}]


def test_dropping_goes_into_structs_and_through_arrays(frame_of: FrameOf) -> None:
    frame = frame_of([{"s": {"a": 1, "b": 2}, "friends": [{"age": 3, "name": "x"}], "c": 4}])
    kept = DropFields.apply(frame, paths=["s.a", "friends.age", "c", "no"])
    assert rows(kept) == [{"s": {"b": 2}, "friends": [{"name": "x"}]}]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a", "z", {"z": 1, "s": {"x": 2, "y": 3}}),
        ("s.x", "x", {"a": 1, "s": {"y": 3}, "x": 2}),
        ("s.x", "s.q", {"a": 1, "s": {"y": 3, "q": 2}}),
        ("a", "s.a", {"s": {"x": 2, "y": 3, "a": 1}}),
        ("a", "`a.b`", {"a.b": 1, "s": {"x": 2, "y": 3}}),
        ("no", "n", {"a": 1, "s": {"x": 2, "y": 3}}),
    ],
)
def test_fields_are_renamed_along_paths(
    old: str, new: str, expected: dict[str, Any], frame_of: FrameOf
) -> None:
    frame = frame_of([{"a": 1, "s": {"x": 2, "y": 3}}])
    assert rows(RenameField.apply(frame, old, new)) == [expected]


def test_a_join_keeps_both_keys_and_dots_what_collides(frame_of: FrameOf) -> None:
    left = frame_of([{"id": 1, "v": "a"}, {"id": 2, "v": "b"}])
    right = frame_of([{"id": 1, "v": "x", "w": "y"}, {"id": 3, "v": "q", "w": "r"}])
    joined = Join.apply(left, right, "id", "id")
    assert rows(joined) == [{"id": 1, "v": "a", ".id": 1, ".v": "x", "w": "y"}]
    assert rows(joined.drop_fields(["`.id`", "`.v`"])) == [{"id": 1, "v": "a", "w": "y"}]


def test_a_frame_joins_with_itself(frame_of: FrameOf) -> None:
    frame = frame_of([{"id": 1, "parent": None}, {"id": 2, "parent": 1}])
    joined = Join.apply(frame1=frame, frame2=frame, keys1=["parent"], keys2=["id"])
    assert rows(joined) == [{"id": 2, "parent": 1, ".id": 1, ".parent": None}]


def test_text_that_is_no_number_does_not_fail_a_join(frame_of: FrameOf) -> None:
    left, right = frame_of([{"a": "1"}, {"a": "x"}]), frame_of([{"b": 1}])
    assert rows(left.join("a", "b", right)) == [{"a": "1", "b": 1}]


def test_a_union_merges_types_and_drops_nothing(frame_of: FrameOf) -> None:
    united = Union.apply(frame_of([{"a": 1}, {"a": 1}]), frame_of([{"a": "x", "b": 2}]))
    assert rows(united) == [
        {"a": {"long": 1, "string": None}, "b": None},
        {"a": {"long": 1, "string": None}, "b": None},
        {"a": {"long": None, "string": "x"}, "b": 2},
    ]


def test_a_filter_takes_its_own_type_errors_as_a_no_and_sets_others_aside(
    frame_of: FrameOf,
) -> None:
    frame = frame_of([{"n": 1}, {"n": None}, {"n": 0}, {"n": 5}])
    kept = Filter.apply(frame, f=lambda record: 10 / record["n"] > 4)
    assert rows(kept) == [{"n": 1}]
    assert kept.errorsCount() == kept.stageErrorsCount() == 1
    ((error),) = rows(kept.errorsAsDynamicFrame())
    assert error["error"]["msg"] == "division by zero"
    assert error["error"]["input"] == '{"n":0}'


def test_a_filter_sees_attributes_and_the_chosen_value(frame_of: FrameOf) -> None:
    frame = frame_of([{"s": {"a": 1}, "c": 1}, {"s": {"a": 2}, "c": "x"}])
    assert frame.filter(lambda record: record.s.a == 2 and record.c == "x").count() == 1


def test_a_map_changes_records_and_sets_failures_aside(frame_of: FrameOf) -> None:
    def double(record: Any) -> Any:
        if record["n"] == 2:
            return None
        if record["n"] == 3:
            raise RuntimeError("three")
        record["twice"] = record["n"] * 2
        return record

    mapped = Map.apply(frame=frame_of([{"n": 1}, {"n": 2}, {"n": 3}]), f=double)
    assert rows(mapped) == [{"n": 1, "twice": 2}]
    messages = {row["error"]["msg"] for row in rows(mapped.errorsAsDynamicFrame())}
    assert messages == {
        "three", "User-specified function returned None instead of DynamicRecord",
    }  # fmt: skip


def test_a_threshold_of_errors_fails_the_transform(frame_of: FrameOf) -> None:
    with pytest.raises(Exception, match="1 errors; the threshold is 1"):
        frame_of([{"n": 0}]).filter(lambda record: 1 / record["n"], stageThreshold=1)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        pytest.param("cast:long", [{"c": 1}, {"c": 2}, {"c": None}], marks=needs_try_cast),
        ("project:long", [{"c": 1}, {"c": None}, {"c": None}]),
        ("make_cols", [{"c_long": 1, "c_string": None}, {"c_long": None, "c_string": "2"},
                       {"c_long": None, "c_string": "x"}]),
        ("make_struct", [{"c": {"long": 1, "string": None}}, {"c": {"long": None, "string": "2"}},
                         {"c": {"long": None, "string": "x"}}]),
    ],
)  # fmt: skip
def test_choices_are_resolved(
    action: str, expected: list[dict[str, Any]], frame_of: FrameOf
) -> None:
    frame = frame_of([{"c": 1}, {"c": "2"}, {"c": "x"}])
    assert rows(frame.resolveChoice(specs=[("c", action)])) == expected
    assert rows(frame.resolveChoice(choice=action)) == expected


@needs_try_cast
def test_choices_inside_arrays_are_resolved_by_their_path(frame_of: FrameOf) -> None:
    frame = frame_of([{"items": [{"price": 1}, {"price": "2"}]}])
    resolved = frame.resolveChoice(specs=("items[].price", "cast:double"))
    assert rows(resolved) == [{"items": [{"price": 1.0}, {"price": 2.0}]}]


def test_to_df_projects_a_choice_when_asked(frame_of: FrameOf) -> None:
    frame = frame_of([{"c": 1}, {"c": "x"}])
    projected = frame.toDF([ResolveOption("c", "Project", "string")])
    assert [row.c for row in projected.collect()] == [None, "x"]
    with pytest.raises(ValueError, match="Invalid resolve action Cast"):
        frame.toDF([ResolveOption("c", "Cast", "string")])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "^Parameter specs and option are both missing, add one.$"),
        ({"specs": [("c", "cast:int")], "choice": "make_cols"},
         "^Parameter specs and option are both specified, choose one.$"),
    ],
)  # fmt: skip
def test_resolve_choice_checks_its_arguments(
    arguments: dict[str, Any], message: str, frame_of: FrameOf
) -> None:
    with pytest.raises(Exception, match=message):
        frame_of([{"c": 1}]).resolveChoice(**arguments)


def test_fields_that_were_always_null_are_dropped(
    frame_of: FrameOf, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = DropNullFields.apply(frame_of([{"a": 1, "b": None, "s": {"c": None, "d": 2}}]))
    assert rows(kept) == [{"a": 1, "s": {"d": 2}}]
    assert "null_fields ['b', 's.c']" in capsys.readouterr().out


def test_show_prints_one_json_object_a_record_without_nulls(
    frame_of: FrameOf, capsys: pytest.CaptureFixture[str]
) -> None:
    frame_of([{"a": 1, "b": None}, {"a": 2, "b": "x"}]).show()
    assert capsys.readouterr().out == '{"a": 1}\n{"a": 2, "b": "x"}\n'


def test_a_collection_gives_an_empty_frame_for_a_name_it_has_not(
    glue: GlueContext, frame_of: FrameOf
) -> None:
    collection = DynamicFrameCollection([frame_of([{"a": 1}])], glue)
    assert list(collection.keys()) == ["frame"]
    assert SelectFromCollection.apply(dfc=collection, key="other").count() == 0
    with pytest.raises(TypeError, match="returned int, not a DynamicFrame"):
        collection.map(lambda frame, context: 1)  # type: ignore[arg-type, return-value]


@needs_try_cast
def test_a_plain_frame_goes_in_and_out_without_touching_python(glue: GlueContext) -> None:
    plain = glue.spark_session.range(3).selectExpr("id", "id * 2 AS twice")
    frame = DynamicFrame.fromDF(plain, glue, "numbers")
    joined = Join.apply(frame.apply_mapping([("id", "k"), ("twice", "int", "t", "int")]), frame,
                        "k", "id").toDF()  # fmt: skip
    plan = joined._jdf.queryExecution().executedPlan().toString()
    assert "Python" not in plan
    assert "MapInArrow" not in plan
    assert joined.count() == 3
