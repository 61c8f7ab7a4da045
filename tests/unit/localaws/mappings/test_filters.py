"""FilterCriteria in EventBridge's pattern syntax."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localaws.errors import LocalCloudError
from localaws.mappings.filters import RecordFilter

INSERT = {
    "eventName": "INSERT",
    "dynamodb": {
        "Keys": {"product_id": {"S": "p-1"}},
        "NewImage": {
            "product_id": {"S": "p-1"},
            "clicks": {"N": "12"},
            "tags": {"L": [{"S": "new"}, {"S": "red"}]},
        },
    },
}


def _passes(*patterns: Any, record: dict[str, Any] = INSERT) -> bool:
    filters = [{"Pattern": json.dumps(pattern)} for pattern in patterns]
    return RecordFilter.from_criteria({"Filters": filters})(record)


def _new(rule: Any) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": rule}}


@pytest.mark.parametrize("criteria", [None, {}, {"Filters": []}])
def test_no_filter_lets_everything_through(criteria: Any) -> None:
    assert RecordFilter.from_criteria(criteria)(INSERT)


@pytest.mark.parametrize(
    ("pattern", "passes"),
    [
        ({"eventName": ["INSERT"]}, True),
        ({"eventName": ["MODIFY", "REMOVE"]}, False),
        (_new({"product_id": {"S": ["p-1"]}}), True),
        (_new({"product_id": {"S": [{"prefix": "p-"}]}}), True),
        (_new({"product_id": {"S": [{"suffix": "-2"}]}}), False),
        (_new({"product_id": {"S": [{"equals-ignore-case": "P-1"}]}}), True),
        (_new({"product_id": {"S": [{"anything-but": ["p-2", "p-3"]}]}}), True),
        (_new({"product_id": {"S": [{"anything-but": "p-1"}]}}), False),
        (_new({"product_id": {"S": [{"anything-but": {"prefix": "p"}}]}}), False),
        (_new({"clicks": {"N": ["12"]}}), True),
        (_new({"clicks": {"N": [{"numeric": [">", 10]}]}}), False),
        (_new({"clicks": {"N": [{"exists": True}]}}), True),
        (_new({"clicks": [{"exists": True}]}), False),
        (_new({"gone": {"S": [{"exists": False}]}}), True),
        (_new({"gone": {"S": ["x"]}}), False),
        (_new({"tags": {"L": {"S": ["red"]}}}), True),
        (_new({"tags": {"L": {"S": ["blue"]}}}), False),
        ({"$or": [{"eventName": ["REMOVE"]}, _new({"clicks": {"N": ["12"]}})]}, True),
        ({"$or": [{"eventName": ["REMOVE"]}, _new({"clicks": {"N": ["13"]}})]}, False),
        ({"eventName": ["INSERT"], **_new({"product_id": {"S": ["p-2"]}})}, False),
        ({"eventName": [None]}, False),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_patterns_match_as_eventbridge_does(pattern: dict[str, Any], passes: bool) -> None:
    assert _passes(pattern) is passes


@pytest.mark.parametrize(
    ("rule", "value", "passes"),
    [
        ([{"numeric": [">", 10, "<=", 20]}], 20, True),
        ([{"numeric": [">", 10, "<=", 20]}], 21, False),
        ([{"numeric": ["=", 5]}], 5.0, True),
        ([5], 5.0, True),
        ([1], True, False),
        ([True], True, True),
        ([None], None, True),
        (["5"], 5, False),
        ([{"prefix": "a"}], ["b", "ab"], True),
    ],
)
def test_values_of_json_data_are_compared_by_type(rule: Any, value: Any, passes: bool) -> None:
    assert _passes({"data": {"v": rule}}, record={"data": {"v": value}}) is passes


def test_one_of_several_filters_is_enough() -> None:
    assert _passes({"eventName": ["REMOVE"]}, {"eventName": ["INSERT"]})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("eventName = INSERT", "not JSON"),
        ("[1]", "JSON object"),
        ('{"eventName": "INSERT"}', "must be a list"),
        ('{"eventName": [{"like": "I%"}]}', "operators .'like'. are not known"),
    ],
)
def test_a_pattern_that_aws_refuses_is_refused(text: str, message: str) -> None:
    with pytest.raises(LocalCloudError, match=message):
        RecordFilter.from_criteria({"Filters": [{"Pattern": text}]})
