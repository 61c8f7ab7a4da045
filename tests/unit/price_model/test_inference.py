"""The four functions of the container, each alone, and the contract they keep."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from price_model.errors import ArtefactError, RequestError
from price_model.inference import (
    LARGEST_BODY_BYTES,
    Refusal,
    input_fn,
    model_fn,
    output_fn,
    predict_fn,
)
from price_model.request import Candidate

from catalog.price_model import CONTENT_TYPE, PRICE_ANSWER, PRICE_REQUEST

Make = Callable[..., Any]


def test_a_line_is_what_the_catalog_declares() -> None:
    fields = Candidate.model_fields
    assert tuple(fields) == PRICE_REQUEST.names
    assert tuple(name for name, f in fields.items() if f.is_required()) == PRICE_REQUEST.required


def test_an_answer_is_what_the_catalog_declares(
    make_model: Make, make_candidate: Make, ask: Make
) -> None:
    (answer,) = ask(make_model(), make_candidate())
    assert tuple(answer) == PRICE_ANSWER.names
    assert answer["model_version"] == make_model().version
    assert all(
        isinstance(answer[column.name], float if column.type == "double" else str)
        for column in PRICE_ANSWER
    )


def test_model_fn_needs_an_artefact(tmp_path: Path, make_model: Make) -> None:
    with pytest.raises(ArtefactError, match="no artefact"):
        model_fn(str(tmp_path))
    (tmp_path / "model.json").write_bytes(make_model().model_json())
    assert model_fn(str(tmp_path)) == make_model()


def test_input_fn_takes_bytes_and_text_and_any_line_ending(make_candidate: Make) -> None:
    text = json.dumps(make_candidate())
    for body in (text, text.encode(), f"{text}\n", f"{text}\r\n{text}\r\n".encode()):
        lines = input_fn(body, f"{CONTENT_TYPE}; charset=utf-8")
        assert all(
            line == Candidate(**Candidate.model_validate_json(text).__dict__) for line in lines
        )


@pytest.mark.parametrize(
    ("body", "content_type", "status", "message"),
    [
        (b"{}", "application/json", 415, "send application/jsonlines"),
        (b"{}", "", 415, "content type ''"),
        (b"", CONTENT_TYPE, 400, "empty body"),
        (b" \n\n", CONTENT_TYPE, 400, "empty body"),
        (b" " * (LARGEST_BODY_BYTES + 1), CONTENT_TYPE, 413, "at most 6291456"),
        (b"{", CONTENT_TYPE, 400, "line 1: Invalid JSON"),
        (b"\xff", CONTENT_TYPE, 400, "line 1: Invalid JSON"),
        (b"[1]\n7", CONTENT_TYPE, 400, "line 1: .*; line 2: "),
        (b"\n" * 9 + b"{}", CONTENT_TYPE, 400, "line 5: .*; and 5 more lines"),
        (b"[" * 100_000, CONTENT_TYPE, 400, "line 1: Invalid JSON"),
    ],
)
def test_a_request_without_a_usable_line_is_refused(
    body: bytes, content_type: str, status: int, message: str
) -> None:
    with pytest.raises(RequestError, match=message) as refused:
        input_fn(body, content_type)
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clicks": -1}, "clicks: Input should be greater than or equal to 0; found '-1'"),
        ({"clicks": None}, "clicks: Input should be a valid integer"),
        ({"clicks": "7"}, "clicks: Input should be a valid integer; found '7'"),
        ({"clicks": 1.5}, "clicks: .*found '1.5'"),
        ({"clicks": True}, "clicks: Input should be a valid integer"),
        ({"clicks": 2**60}, "clicks: Input should be less than or equal"),
        ({"units": float("nan")}, "units: .*found 'nan'"),
        ({"stock": float("inf")}, "stock: .*found 'inf'"),
        ({"price_cents": None}, "price_cents: null, an unknown product"),
        ({"price_cents": 0}, "price_cents: "),
        ({"product_id": ""}, "product_id: "),
        ({"window_end": "2026-01-01T00:00:10Z"}, "window_end: not after window_start"),
        ({"window_end": "soon"}, "window_end: Input should be a valid datetime"),
        ({"window_end": "2026-01-01T00:00:20"}, "window_end: .*timezone"),
        ({"max_price_cents": 499}, "max_price_cents: 499 is below the floor 500"),
        ({"observations": None}, "observations: "),
        ({"evidence": [{"price_cents": 9, "clicks": -2, "units": 0}]}, r"evidence.0.clicks: "),
        ({"evidence": [{"price_cents": 9, "clicks": 2}]}, r"evidence.0.units: Field required"),
    ],
)
def test_a_bad_line_is_refused_with_its_number_field_and_reason(
    change: Any, message: str, make_candidate: Make
) -> None:
    body = json.dumps(make_candidate(**change))
    with pytest.raises(RequestError, match=f"line 1: {message}"):
        input_fn(body, CONTENT_TYPE)


@pytest.mark.parametrize("name", PRICE_REQUEST.required)
def test_every_required_field_is_required(name: str, make_candidate: Make) -> None:
    candidate = make_candidate()
    del candidate[name]
    with pytest.raises(RequestError, match=f"line 1: {name}: Field required"):
        input_fn(json.dumps(candidate), CONTENT_TYPE)


def test_fields_that_may_be_absent_count_as_null(make_candidate: Make) -> None:
    candidate = {name: make_candidate()[name] for name in PRICE_REQUEST.required}
    known = json.dumps({**candidate, "price_cents": 900, "surprise": 1})
    assert isinstance(input_fn(known, CONTENT_TYPE)[0], Candidate)


def test_a_bad_line_among_good_ones_is_answered_in_its_place(
    make_model: Make, make_candidate: Make
) -> None:
    good = json.dumps(make_candidate())
    bad = json.dumps(make_candidate(product_id="p-2", units=-1))
    lines = input_fn("\n".join([good, bad, "nonsense", good]), CONTENT_TYPE)
    assert [type(line) for line in lines] == [Candidate, Refusal, Refusal, Candidate]
    first, second, third, fourth = predict_fn(lines, make_model())
    assert first == fourth
    assert second == {
        "line": 2,
        "error": "units: Input should be greater than or equal to 0; found '-1'",
        "product_id": "p-2",
        "candidate_id": make_candidate()["candidate_id"],
    }
    assert (third["line"], third["product_id"], third["candidate_id"]) == (3, None, None)


def test_many_candidates_are_answered_in_order(
    make_model: Make, make_candidate: Make, ask: Make
) -> None:
    asked = [make_candidate(product_id=f"p-{n}", price_cents=n + 1) for n in range(2_500)]
    answers = ask(make_model(), *asked)
    assert [answer["product_id"] for answer in answers] == [c["product_id"] for c in asked]


@pytest.mark.parametrize("accept", ["", "*/*", CONTENT_TYPE, f"text/csv, {CONTENT_TYPE};q=0.5"])
def test_output_fn_answers_json_lines(accept: str) -> None:
    assert output_fn([{"a": 1}, {"a": 2}], accept) == (b'{"a": 1}\n{"a": 2}\n', CONTENT_TYPE)


def test_output_fn_refuses_other_types() -> None:
    with pytest.raises(RequestError, match="accept 'text/csv'") as refused:
        output_fn([], "text/csv")
    assert refused.value.status == 406
