"""What an invocation's errors mean, and what is checked before a stream starts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from glue_jobs.destination_requests import InvocationError
from glue_jobs.lambda_destination import (
    Destination,
    DestinationError,
    check,
    client,
    invoke,
    of_job,
    rehearse,
)
from glue_jobs.options import OptionError
from tests.unit.glue_jobs.fake_lambda import FakeLambda, function_error, refusal, serving

DESTINATION = Destination("session_writer", "arn:aws:glue:us-east-1:1:job/click_sessions")
REQUEST = b'{"records": [{"recordId": "r1"}]}'
UNREACHABLE = aws.EndpointConnectionError(endpoint_url="http://lambda")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLambda]:
    """The Lambda API that boto3 finds by itself."""
    with serving(FakeLambda()) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", running.endpoint)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "000000000000")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
        client.cache_clear()
        yield running
        client.cache_clear()


class Raising:
    """A client whose invocation, or the reading of its answer, raises."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def invoke(self, **_: Any) -> Any:
        raise self.error


class Cut(io.BytesIO):
    """An answer that breaks off."""

    def read(self, *_: Any) -> bytes:
        raise aws.IncompleteReadError(actual_bytes=1, expected_bytes=2)


def test_an_answer_comes_as_it_was_sent(fake: FakeLambda) -> None:
    answer = invoke(client(10), DESTINATION, REQUEST)
    assert answer == b'{"records": [{"recordId": "r1", "result": "Ok"}]}'
    assert fake.requests == [{"records": [{"recordId": "r1"}]}]


@pytest.mark.parametrize(
    ("refused", "reason", "detail"),
    [
        (refusal(429, "TooManyRequestsException"), "throttled", "TooManyRequestsException"),
        (refusal(500, "ServiceException"), "service_error", "ServiceException"),
        (refusal(409, "ResourceConflictException"), "service_error", "ResourceConflictException"),
        (refusal(502, "ENILimitReachedException"), "service_error", "ENILimitReachedException"),
        ((503, {}, b"<html>no JSON"), "service_error", "503"),
        (function_error("no such table"), "function_error", "no such table"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_request_that_may_go_well_later_says_why_it_failed(
    fake: FakeLambda, refused: Any, reason: str, detail: str
) -> None:
    fake.refused = refused
    with pytest.raises(InvocationError, match=detail) as caught:
        invoke(client(10), DESTINATION, REQUEST)
    assert caught.value.reason == reason
    assert len(fake.requests) == 1  # botocore tries nothing of its own


def test_an_answer_is_waited_for_no_longer_than_was_said(fake: FakeLambda) -> None:
    fake.awake.clear()
    with pytest.raises(InvocationError, match=r"no answer within 0.2 s") as caught:
        invoke(client(0.2), replace(DESTINATION, timeout_seconds=0.2), REQUEST)
    fake.awake.set()
    assert caught.value.reason == "timeout"
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    "refused",
    [
        refusal(400, "InvalidParameterValueException"),
        refusal(403, "AccessDeniedException"),
        refusal(404, "ResourceNotFoundException"),
        refusal(413, "RequestTooLargeException"),
        refusal(502, "KMSAccessDeniedException"),
    ],
    ids=lambda refused: refused[1]["x-amzn-ErrorType"],
)
def test_what_no_later_try_mends_is_a_fault_of_the_set_up(fake: FakeLambda, refused: Any) -> None:
    fake.refused = refused
    message = rf"function 'session_writer': .*{refused[1]['x-amzn-ErrorType']}.*; mend the function"
    with pytest.raises(DestinationError, match=message):
        invoke(client(10), DESTINATION, REQUEST)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (aws.ReadTimeoutError(endpoint_url="http://lambda"), "timeout"),
        (aws.ConnectTimeoutError(endpoint_url="http://lambda"), "unreachable"),
        (aws.ConnectionClosedError(endpoint_url="http://lambda"), "unreachable"),
        (UNREACHABLE, "unreachable"),
        (ResponseParserError("no JSON"), "unreachable"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_broken_connection_may_hold_later(error: Exception, reason: str) -> None:
    with pytest.raises(InvocationError) as caught:
        invoke(Raising(error), DESTINATION, REQUEST)
    assert caught.value.reason == reason


def test_an_answer_that_breaks_off_may_come_whole_later(monkeypatch: pytest.MonkeyPatch) -> None:
    raising = Raising(UNREACHABLE)
    monkeypatch.setattr(raising, "invoke", lambda **_: {"Payload": Cut()})
    with pytest.raises(InvocationError, match="1 read, but total bytes expected is 2") as caught:
        invoke(raising, DESTINATION, REQUEST)
    assert caught.value.reason == "unreachable"


def test_missing_credentials_are_a_fault_of_the_set_up() -> None:
    with pytest.raises(DestinationError, match="Unable to locate credentials"):
        invoke(Raising(aws.NoCredentialsError()), DESTINATION, REQUEST)


def test_a_function_that_is_there_passes(fake: FakeLambda) -> None:
    check(DESTINATION)


def test_a_job_s_requests_name_the_job_in_the_account_of_the_function(fake: FakeLambda) -> None:
    assert of_job("session_writer", "click_sessions") == Destination(
        "session_writer", "arn:aws:glue:us-east-1:000000000000:job/click_sessions"
    )
    with pytest.raises(OptionError, match="no function 'gone'"):
        of_job("gone", "click_sessions")


def test_a_function_that_is_not_there_is_named(fake: FakeLambda) -> None:
    with pytest.raises(OptionError, match="--lambda-function: no function 'gone'; deploy it"):
        check(replace(DESTINATION, function="gone"))


def test_a_role_that_may_not_ask_is_told_what_to_allow(fake: FakeLambda) -> None:
    fake.refused = refusal(403, "AccessDeniedException")
    with pytest.raises(
        OptionError, match=r"may not be described .* lambda:GetFunctionConfiguration"
    ):
        check(DESTINATION)


def test_a_function_that_may_run_longer_than_is_waited_for_is_refused(fake: FakeLambda) -> None:
    fake.timeouts["session_writer"] = 310
    with pytest.raises(OptionError, match=r"may run 310 s; its time-out must be below 310 s"):
        check(DESTINATION)


def test_an_empty_name_is_refused_without_asking(fake: FakeLambda) -> None:
    with pytest.raises(OptionError, match="function '' cannot be described"):
        check(replace(DESTINATION, function=""))


def test_a_function_that_takes_a_request_without_records_passes(fake: FakeLambda) -> None:
    rehearse(DESTINATION)
    (request,) = fake.requests
    assert request["records"] == []


def test_a_function_that_fails_even_without_records_is_told_before_the_stream_starts(
    fake: FakeLambda,
) -> None:
    fake.refused = function_error("SettingsError: QUIET_HOURS: found 'x'")
    with pytest.raises(OptionError, match=r"fails on a request without records .*QUIET_HOURS"):
        rehearse(DESTINATION)


def test_a_role_that_may_not_invoke_is_told_before_the_stream_starts(fake: FakeLambda) -> None:
    fake.refused = refusal(403, "AccessDeniedException")
    with pytest.raises(OptionError, match=r"--lambda-function: .*session_writer.*policy"):
        rehearse(DESTINATION)


@pytest.mark.parametrize("status", [429, 503])
def test_what_may_pass_by_itself_is_left_to_the_stream(fake: FakeLambda, status: int) -> None:
    fake.refused = refusal(status, "Whatever")
    rehearse(DESTINATION)
