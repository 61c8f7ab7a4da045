"""Records become requests by number and by size; each ends delivered or given up, once."""

from __future__ import annotations

import base64
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glue_jobs.destination_requests import (
    Destination,
    Failure,
    InvocationError,
    Record,
    body,
    read_answer,
    requests,
    send_all,
)
from glue_jobs.retries import backoff

DESTINATION = Destination("session_writer", "arn:aws:glue:us-east-1:1:job/click_sessions")
Answers = Callable[[list[str], int], Any]


def record(number: int, **overrides: Any) -> Record:
    return replace(Record(f"r{number}", f"user-{number % 2}", 1_000, '{"a": 1}'), **overrides)


def records(count: int) -> list[Record]:
    return [record(number) for number in range(count)]


def ok(ids: list[str], result: str = "Ok") -> dict[str, Any]:
    return {"records": [{"recordId": each, "result": result} for each in ids]}


class Function:
    """A function that answers by `answers(record ids, retry hint)`; bytes go out as they are."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.calls: list[tuple[list[str], int]] = []
        self.ids: list[str] = []

    def __call__(self, request: bytes) -> bytes:
        document = json.loads(request)
        (hint,) = {r["lambdaDeliveryRecordMetadata"]["retryHint"] for r in document["records"]}
        self.calls.append(([r["recordId"] for r in document["records"]], hint))
        self.ids.append(document["invocationId"])
        answer = self.answers(*self.calls[-1])
        return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


def send(
    sent: list[Record], function: Function, destination: Destination = DESTINATION
) -> dict[str, Failure | None]:
    settled = send_all(sent, destination, function, sleep=lambda _: None)
    return {each.record_id: failure for request in settled for each, failure in request}


def test_a_request_is_what_kinesis_data_analytics_sent() -> None:
    request = json.loads(body([record(1)], DESTINATION, retry_hint=2))
    assert request.pop("invocationId").count("-") == 4
    assert request == {
        "applicationArn": "arn:aws:glue:us-east-1:1:job/click_sessions",
        "records": [
            {
                "recordId": "r1",
                "lambdaDeliveryRecordMetadata": {"retryHint": 2},
                "data": base64.b64encode(b'{"a": 1}').decode(),
            }
        ],
    }


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("session_writer", "session_writer"),
        ("session_writer:live", "session_writer"),
        ("myfunction:live", "myfunction"),
        ("arn:aws:lambda:us-east-1:1:function:session_writer", "session_writer"),
        ("arn:aws:lambda:us-east-1:1:function:session_writer:7", "session_writer"),
    ],
)
def test_a_destination_has_the_name_of_its_function(function: str, name: str) -> None:
    assert replace(DESTINATION, function=function).name == name


def test_requests_are_cut_by_number_and_keep_the_order() -> None:
    cut = list(requests(records(7), replace(DESTINATION, max_records=3)))
    assert [[each.record_id for each in request] for request in cut] == [
        ["r0", "r1", "r2"],
        ["r3", "r4", "r5"],
        ["r6"],
    ]


@pytest.mark.parametrize(("spare", "sizes"), [(0, [3]), (-1, [2, 1])], ids=["fits", "one too many"])
def test_requests_are_cut_at_the_exact_size(spare: int, sizes: list[int]) -> None:
    three = [record(1), record(2, record_id="ü-2"), record(3, data="é" * 50)]
    limit = len(body(three, DESTINATION, 7)) + spare
    cut = list(requests(three, replace(DESTINATION, max_bytes=limit)))
    assert [len(request) for request in cut] == sizes


def test_a_request_has_room_for_its_highest_retry_hint() -> None:
    pair = records(2)
    often = replace(DESTINATION, attempts=11, max_bytes=len(body(pair, DESTINATION, 9)))
    assert [len(request) for request in requests(pair, often)] == [1, 1]


def test_an_id_stands_once_in_a_request() -> None:
    cut = list(requests([record(1), record(1, data="2"), record(2)], DESTINATION))
    assert [[each.data for each in request] for request in cut] == [['{"a": 1}'], ["2", '{"a": 1}']]


def test_nothing_is_no_request() -> None:
    assert list(requests([], DESTINATION)) == []


def test_a_record_that_fits_no_request_is_given_up_unsent_and_holds_nobody_up() -> None:
    function = Function(lambda ids, hint: ok(ids))
    small = replace(DESTINATION, max_bytes=1_000)
    failures = send([record(0), record(1, data="x" * 1_000), record(2)], function, small)
    assert [ids for ids, _ in function.calls] == [["r0"], ["r2"]]
    assert failures["r0"] is failures["r2"] is None
    assert failures["r1"] is not None
    assert failures["r1"].reason == "too_large"
    assert failures["r1"].detail.endswith("bytes; at most 1000 are allowed")


def test_failed_records_alone_are_sent_again_with_a_higher_hint() -> None:
    function = Function(
        lambda ids, hint: {
            "records": [
                {"recordId": each, "result": "DeliveryFailed" if int(each[1]) > hint else "Ok"}
                for each in ids
            ]
        }
    )
    assert set(send(records(4), function).values()) == {None}
    assert function.calls == [
        (["r0", "r1", "r2", "r3"], 0),
        (["r1", "r2", "r3"], 1),
        (["r2", "r3"], 2),
        (["r3"], 3),
    ]


def test_the_next_request_goes_when_the_one_before_is_settled() -> None:
    function = Function(lambda ids, hint: ok(ids, "DeliveryFailed" if hint < 2 else "Ok"))
    send(records(2), function, replace(DESTINATION, max_records=1))
    assert [(ids[0], hint) for ids, hint in function.calls] == [
        ("r0", 0),
        ("r0", 1),
        ("r0", 2),
        ("r1", 0),
        ("r1", 1),
        ("r1", 2),
    ]


def test_a_record_is_given_up_after_all_attempts_with_the_last_error() -> None:
    function = Function(lambda ids, hint: b"?" if hint < 7 else ok(ids, "DeliveryFailed"))
    (failure,) = send(records(1), function).values()
    assert failure == Failure(
        "delivery_failed", "after 8 attempts: the function answered DeliveryFailed"
    )
    assert [hint for _, hint in function.calls] == list(range(8))


def test_a_failed_request_fails_all_that_it_carried() -> None:
    def answers(ids: list[str], hint: int) -> Any:
        raise InvocationError("timeout", "no answer " + "x" * 1_000)

    failures = send(records(2), Function(answers), replace(DESTINATION, attempts=1))
    for failure in failures.values():
        assert failure is not None
        assert failure.reason == "timeout"
        assert failure.detail.startswith("after 1 attempt: no answer")
        assert len(failure.detail) < 400


def test_a_fault_that_no_later_try_mends_ends_it_all() -> None:
    def answers(ids: list[str], hint: int) -> Any:
        raise PermissionError("not yours")

    function = Function(answers)
    with pytest.raises(PermissionError, match="not yours"):
        send(records(2), function, replace(DESTINATION, max_records=1))
    assert len(function.calls) == 1


TWICE = [{"recordId": "r0", "result": "Ok"}, {"recordId": "r0", "result": "DeliveryFailed"}]


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (b"", "the answer is malformed: Expecting value"),
        (b"\xff\xfe\xfa", "the answer is malformed: "),
        (b"Internal error", "the answer is malformed: Expecting value"),
        (b"[" * 200_000, "the answer is malformed: "),
        (b"null", "the answer is malformed: None;"),
        (b'"Ok"', "the answer is malformed: 'Ok';"),
        (b"[]", "the answer is malformed: [];"),
        (b"{}", "the answer is malformed: {};"),
        (b'{"records": null}', "the answer is malformed: {'records': None};"),
        (b'{"records": {"r0": "Ok"}}', "the answer is malformed: {'records': {'r0'"),
        (ok([]), "the answer has no result of the record"),
        (ok(["r9"]), "the answer has no result of the record"),
        ({"records": ["r0", None, 7, {}, {"recordId": ["r0"]}]}, "the answer has no result"),
        ({"records": [{"recordId": "r0"}]}, "the result is None; Ok or DeliveryFailed is allowed"),
        (ok(["r0"], "ok"), "the result is 'ok'; Ok or DeliveryFailed is allowed"),
        (ok(["r0"], "Dropped"), "the result is 'Dropped'; Ok or"),
        ({"records": [{"recordId": "r0", "result": {"Ok": True}}]}, "the result is {'Ok': True};"),
        ({"records": TWICE}, "the result is 'Ok' and 'DeliveryFailed'; Ok or"),
        (ok(["r0"], "x" * 1_000), "the result is 'xxx"),
    ],
)
def test_nonsense_is_a_failure_that_says_what_was_found(answer: Any, detail: str) -> None:
    answer = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    (failure,) = read_answer(answer, [record(0)]).values()
    assert failure.reason == "bad_answer"
    assert failure.detail.startswith(detail)
    assert len(failure.detail) < 300


def test_a_clear_ok_counts_beside_nonsense() -> None:
    answer = {"records": [None, *ok(["r0", "r9", "r0"])["records"]]}
    assert list(read_answer(json.dumps(answer).encode(), records(2))) == ["r1"]


def test_the_same_records_and_hint_give_the_same_invocation_id() -> None:
    first, second, third = (Function(lambda ids, hint: b"") for _ in range(3))
    send(records(2), first)
    send(records(2), second)
    send(records(3), third)
    assert first.ids == second.ids
    assert len({*first.ids, *third.ids}) == 16  # another one for each hint and set of records


def test_pauses_grow_up_to_a_limit_and_the_first_attempt_has_none() -> None:
    pauses: list[float] = []
    assert list(backoff(10, 0.1, 10.0, pauses.append, random.Random(7))) == list(range(10))
    assert len(pauses) == 9
    assert all(0 <= pause <= min(10, 0.1 * 2**n) for n, pause in enumerate(pauses, start=1))


RESULTS = st.sampled_from(["Ok", "Ok", "DeliveryFailed", "ok", None, "missing", "both"])
WHOLE = st.sampled_from(["answer", "answer", "answer", "garbage", "timeout"])


def random_entries(draw: Callable[[Any], Any], ids: list[str], taken: Counter[str]) -> Iterator:
    for each in ids:
        result = draw(RESULTS)
        taken[each] += result == "Ok"
        if result == "both":
            yield from ok([each])["records"] + ok([each], "DeliveryFailed")["records"]
        elif result != "missing":
            yield {"recordId": each, "result": result}


@given(st.data(), st.integers(0, 12), st.integers(1, 5), st.integers(1, 3))
def test_each_record_ends_once_and_what_was_taken_is_never_sent_again(
    data: st.DataObject, count: int, max_records: int, attempts: int
) -> None:
    taken: Counter[str] = Counter()

    def answers(ids: list[str], hint: int) -> Any:
        assert not any(taken[each] for each in ids)
        kind = data.draw(WHOLE)
        if kind == "timeout":
            raise InvocationError("timeout", "no answer")
        entries = random_entries(data.draw, ids, taken) if kind == "answer" else []
        return {"records": list(entries)} if kind == "answer" else b"garbage"

    destination = replace(DESTINATION, max_records=max_records, attempts=attempts)
    sent = records(count)
    settled = list(send_all(sent, destination, Function(answers), sleep=lambda _: None))
    outcomes = [outcome for request in settled for outcome in request]
    assert [each for each, _ in outcomes] == sent
    assert {e.record_id for e, failure in outcomes if failure is None} == {
        record_id for record_id, times in taken.items() if times
    }
    assert all(times <= 1 for times in taken.values())
