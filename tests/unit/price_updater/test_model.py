"""Calls of the endpoint: how many, how large, and what their failures mean."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from lambdas.price_updater.answers import Answer
from lambdas.price_updater.model import PriceModel
from lambdas.price_updater.record import Candidate


@pytest.fixture
def candidates(make: SimpleNamespace) -> Callable[..., list[Candidate]]:
    def build(count: int) -> list[Candidate]:
        return [make.candidate(candidate_id=f"w#{number}") for number in range(count)]

    return build


def refused(make: SimpleNamespace) -> ClientError:
    return make.client_error("ModelError", OriginalStatusCode=400, OriginalMessage="no such row")


def test_many_candidates_go_in_one_call(
    world: Any, candidates: Callable[..., list[Candidate]]
) -> None:
    asked = candidates(100)
    answers = PriceModel(world.runtime, "price-model").ask(asked)
    assert len(world.runtime.calls) == 1
    assert [each.key for each in asked] == list(answers)
    assert all(isinstance(answer, Answer) for answer in answers.values())


def test_nothing_to_ask_is_no_call(world: Any) -> None:
    assert PriceModel(world.runtime, "price-model").ask([]) == {}
    assert world.runtime.calls == []


@pytest.mark.parametrize(
    ("limits", "sizes"),
    [({"max_candidates": 2}, [2, 2, 1]), ({"max_body_bytes": 1}, [1] * 5)],
    ids=["by number", "by size, one at least"],
)
def test_more_than_fits_goes_in_more_calls(
    world: Any, candidates: Callable[..., list[Candidate]], limits: Any, sizes: Any
) -> None:
    answers = PriceModel(world.runtime, "price-model", **limits).ask(candidates(5))
    assert [len(call) for call in world.runtime.calls] == sizes
    assert len(answers) == 5


def test_no_call_is_larger_than_the_limit(
    world: Any, candidates: Callable[..., list[Candidate]]
) -> None:
    limit = 3 * len(json.dumps(dict(candidates(1)[0].asked), separators=(",", ":")) + "\n")
    PriceModel(world.runtime, "price-model", max_body_bytes=limit).ask(candidates(8))
    assert [len(call) for call in world.runtime.calls] == [3, 3, 2]


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("ThrottlingException", {}),
        ("ServiceUnavailable", {}),
        ("ValidationError", {}),
        ("ModelNotReadyException", {}),
        ("ModelError", {"OriginalStatusCode": 500, "OriginalMessage": "out of memory"}),
        ("ModelError", {"OriginalStatusCode": 429}),
        ("ModelError", {"OriginalStatusCode": 415}),
        ("ModelError", {}),
    ],
)
def test_a_call_that_may_pass_fails_all_its_candidates_for_now(
    world: Any,
    make: SimpleNamespace,
    candidates: Callable[..., list[Candidate]],
    code: str,
    fields: Any,
) -> None:
    world.runtime.fail_next = [make.client_error(code, **fields)]
    answers = PriceModel(world.runtime, "price-model", max_candidates=2).ask(candidates(3))
    codes = [getattr(answer, "code", "answered") for answer in answers.values()]
    assert codes == ["endpoint_failed", "endpoint_failed", "answered"]


@pytest.mark.parametrize("error", [ConnectTimeoutError, ReadTimeoutError])
def test_an_endpoint_that_does_not_answer_may_come_back(
    world: Any, candidates: Callable[..., list[Candidate]], error: Any
) -> None:
    world.runtime.fail_next = [error(endpoint_url="http://model")]
    answers = PriceModel(world.runtime, "price-model").ask(candidates(2))
    assert [answer.code for answer in answers.values()] == ["endpoint_unreachable"] * 2


def test_a_page_of_a_proxy_is_no_answer(
    world: Any, candidates: Callable[..., list[Candidate]]
) -> None:
    world.runtime.content_type = "text/html"
    (answer,) = PriceModel(world.runtime, "price-model").ask(candidates(1)).values()
    assert answer.code == "wrong_content_type"


def test_a_call_that_the_model_refuses_is_halved_until_the_culprit_is_alone(
    world: Any, make: SimpleNamespace, candidates: Callable[..., list[Candidate]]
) -> None:
    original = world.runtime.invoke_endpoint

    def picky(**request: Any) -> dict[str, Any]:
        if b"w#5" in request["Body"]:
            world.runtime.fail_next = [refused(make)]
        return original(**request)

    world.runtime.invoke_endpoint = picky
    answers = PriceModel(world.runtime, "price-model").ask(candidates(8))
    failed = {key: answer for key, answer in answers.items() if not isinstance(answer, Answer)}
    assert [key[1] for key in failed] == ["w#5"]
    (error,) = failed.values()
    assert (error.code, str(error)) == ("model_refused", "price model: 400: no such row")
    assert [len(call) for call in world.runtime.calls] == [8, 4, 4, 2, 1, 1, 2]
