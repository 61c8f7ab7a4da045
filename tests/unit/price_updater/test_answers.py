"""The model's answers, line by line."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.price_updater.answers import Answer, check_content_type, read_answers
from lambdas.price_updater.errors import PermanentError, TransientError
from lambdas.price_updater.record import Key

A, B = ("p1", "w#a"), ("p2", "w#b")


@pytest.fixture
def line(make: SimpleNamespace) -> Callable[..., bytes]:
    def build(key: Key = A, **overrides: Any) -> bytes:
        row = make.answer | {"product_id": key[0], "candidate_id": key[1]} | overrides
        kept = {name: value for name, value in row.items() if value is not None}
        return json.dumps(kept).encode() + b"\n"

    return build


def test_every_candidate_gets_its_own_answer_in_any_order(line: Callable[..., bytes]) -> None:
    found = read_answers(line(B, price_cents=7) + b"\n" + line(A, price_cents=1050.4), [A, B])
    assert found == {A: Answer(1050.4, 55.04, 41.2, "m1"), B: Answer(7.0, 55.04, 41.2, "m1")}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("price_cents", None, "price_cents is nothing"),
        ("price_cents", float("nan"), "price_cents is nan"),
        ("price_cents", float("inf"), "price_cents is inf"),
        ("price_cents", 10**400, "price_cents is 1000"),
        ("price_cents", "1050", "price_cents is '1050'"),
        ("price_cents", True, "price_cents is True"),
        ("price_cents", [1050], "price_cents is \\[1050\\]"),
        ("price_cents", -1, "price_cents is -1; a price above 0"),
        ("price_cents", 0, "price_cents is 0; a price above 0"),
        ("expected_profit_per_click_cents", float("-inf"), "expected_profit.* is -inf"),
        ("expected_units_per_click", "many", "expected_units_per_click is 'many'"),
        ("model_version", None, "model_version is nothing; text"),
        ("model_version", 3, "model_version is 3; text"),
    ],
)
def test_an_answer_that_is_no_price_is_a_lasting_failure_with_the_reason(
    line: Callable[..., bytes], name: str, value: Any, message: str
) -> None:
    found = read_answers(line(A, **{name: value}) + line(B), [A, B])
    assert isinstance(found[B], Answer)
    assert found[A].code == "bad_answer"
    with pytest.raises(PermanentError, match=message):
        raise found[A]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "no answer on the candidate"),
        (b"not json\n", "line 1 of the answer is malformed"),
        (b"[]\n", "line 1 of the answer is malformed: list found, an object"),
        (b'{"candidate_id": "w#a"', "line 1 of the answer is malformed"),
        (b"\xff\xfe\n", "line 1 of the answer is malformed"),
        (b"[" * 100_000 + b"\n", "line 1 of the answer is malformed"),
    ],
    ids=["nothing", "no JSON", "an array", "cut off", "no UTF-8", "too deep"],
)
def test_a_missing_answer_says_which_line_could_not_be_read(
    line: Callable[..., bytes], body: bytes, message: str
) -> None:
    found = read_answers(line(B) + body, [A, B])
    assert isinstance(found[B], Answer)
    assert found[A].code == "no_answer"
    with pytest.raises(PermanentError, match=message.replace("line 1", "line 2")):
        raise found[A]


def test_an_error_line_is_the_candidates_failure(line: Callable[..., bytes]) -> None:
    body = b'{"candidate_id": "w#a", "error": "no list price"}\n' + line(B)
    found = read_answers(body, [A, B])
    assert found[A].code == "model_refused"
    assert "no list price" in str(found[A])
    assert isinstance(found[B], Answer)


def test_two_answers_on_one_candidate_are_no_answer(line: Callable[..., bytes]) -> None:
    found = read_answers(line(A, price_cents=900) + line(A, price_cents=1100), [A])
    assert found[A].code == "ambiguous_answer"


def test_an_answer_on_a_candidate_not_asked_about_is_left_alone(line: Callable[..., bytes]) -> None:
    found = read_answers(line(B) + line(A), [A])
    assert list(found) == [A]


def test_an_answer_on_the_same_id_of_another_product_is_not_taken(
    line: Callable[..., bytes],
) -> None:
    found = read_answers(line(("p9", "w#a")), [A])
    assert found[A].code == "no_answer"


@pytest.mark.parametrize("found", ["application/jsonlines", "Application/JSONLines; charset=utf-8"])
def test_json_lines_are_accepted(found: str) -> None:
    check_content_type(found)


@pytest.mark.parametrize("found", ["text/html", "application/json", ""])
def test_another_content_type_may_pass(found: str) -> None:
    with pytest.raises(TransientError, match="'application/jsonlines' is expected"):
        check_content_type(found)
