"""What an answer of the function means: complete success, complete failure, or a part."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from localaws.mappings.answers import first_failure
from localaws.mappings.records import Batch, Failed, Succeeded


def _first(kit: SimpleNamespace, payload: Any, *, report: bool = True) -> int | None:
    batch = Batch(tuple(kit.record(number) for number in ("10", "11", "12")))
    return first_failure(batch, Succeeded(payload), report)


@pytest.mark.parametrize(
    "payload",
    [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"statusCode": 200}, ""],
    ids=["null", "empty", "empty list", "null list", "other keys", "empty text"],
)
def test_these_answers_are_complete_success(kit: SimpleNamespace, payload: Any) -> None:
    assert _first(kit, payload) is None


@pytest.mark.parametrize(
    "item",
    [
        {"itemIdentifier": ""},
        {"itemIdentifier": None},
        {"identifier": "11"},
        {"itemIdentifier": "99"},
        {"itemIdentifier": ["11"]},
        "11",
        None,
    ],
    ids=["empty", "null", "wrong key", "not of the batch", "a list", "not an object", "no item"],
)
def test_an_item_that_names_no_record_is_complete_failure(kit: SimpleNamespace, item: Any) -> None:
    assert _first(kit, {"batchItemFailures": [{"itemIdentifier": "12"}, item]}) == 0


@pytest.mark.parametrize("payload", ["done", [1], {"batchItemFailures": "12"}, 7, True])
def test_an_answer_of_another_shape_is_complete_failure(kit: SimpleNamespace, payload: Any) -> None:
    assert _first(kit, payload) == 0


def test_the_lowest_reported_record_counts(kit: SimpleNamespace) -> None:
    items = [{"itemIdentifier": "12"}, {"itemIdentifier": "11"}]
    assert _first(kit, {"batchItemFailures": items}) == 1


def test_without_the_setting_a_report_is_not_read(kit: SimpleNamespace) -> None:
    assert _first(kit, {"batchItemFailures": [{"itemIdentifier": "10"}]}, report=False) is None


def test_a_function_error_is_complete_failure_with_and_without_the_setting(
    kit: SimpleNamespace,
) -> None:
    batch = Batch((kit.record("10"),))
    assert [first_failure(batch, Failed(), report) for report in (True, False)] == [0, 0]
