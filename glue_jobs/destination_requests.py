"""Records of a Lambda destination: cut into requests, sent until each is delivered or given up.

The contract is the one of Kinesis Data Analytics, so functions written for it take the requests.
Source: Amazon Kinesis Data Analytics for SQL developer guide, "Lambda function as output".
"""

from __future__ import annotations

import base64
import json
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from glue_jobs.retries import backoff

Invoke = Callable[[bytes], bytes]

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 10.0
_DETAIL_CHARACTERS = 300
_FOUND_CHARACTERS = 80
_ANY_ID = str(uuid.UUID(int=0))


class InvocationError(Exception):
    """Raised when a whole request failed in a way that a later one may not; with a short code."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True)
class Destination:
    """A function that takes rows, and the terms of its requests.

    `function` is a name or an ARN, `application_arn` what a request says of its sender. A request
    is at most `max_bytes` of JSON: Lambda takes 6,291,456. An answer that takes longer than
    `timeout_seconds` counts as failed, so the function's own time-out must be below.
    """

    function: str
    application_arn: str
    max_records: int = 500
    max_bytes: int = 6_000_000
    attempts: int = 8
    timeout_seconds: float = 310.0

    @property
    def name(self) -> str:
        """The function's name, without the rest of an ARN and without a version or alias."""
        return self.function.rpartition(":function:")[2].partition(":")[0]


@dataclass(frozen=True)
class Record:
    """A row to deliver: `record_id` is its identity, `key` what it keeps its order with."""

    record_id: str
    key: str
    at: int
    data: str

    def entry(self, retry_hint: int) -> dict[str, Any]:
        """The record as a request carries it."""
        return {
            "recordId": self.record_id,
            "lambdaDeliveryRecordMetadata": {"retryHint": retry_hint},
            "data": base64.b64encode(self.data.encode()).decode(),
        }


@dataclass(frozen=True)
class Failure:
    """Why a record was not delivered: a short code, and what was found."""

    reason: str
    detail: str


Outcome = tuple[Record, Failure | None]


def send_all(
    records: Iterable[Record],
    destination: Destination,
    invoke: Invoke,
    sleep: Callable[[float], None] = time.sleep,
    rng: random.Random | None = None,
) -> Iterator[list[Outcome]]:
    """Settles request after request: each record with None when delivered, else the failure.

    A request goes when the one before is settled. What `invoke` raises beside `InvocationError`
    ends it all: no later request can mend it.
    """
    for request in requests(records, destination):
        tries = backoff(destination.attempts, _FIRST_PAUSE, _LONGEST_PAUSE, sleep, rng)
        failures = settle(request, destination, invoke, tries)
        yield [(record, failures.get(record.record_id)) for record in request]


def requests(records: Iterable[Record], destination: Destination) -> Iterator[list[Record]]:
    """The records in their order, cut by number and by size; an id stands once in a request.

    A record that is too large for any request stands in one of its own.
    """
    request: dict[str, Record] = {}
    empty = _size([], destination)
    size = nothing = empty - 1  # each entry counts with a comma: there is one comma less
    for record in records:
        entry = _size([record], destination) - empty + 1
        full = len(request) == destination.max_records or size + entry > destination.max_bytes
        if request and (full or record.record_id in request):
            yield list(request.values())
            request, size = {}, nothing
        request[record.record_id] = record
        size += entry
    if request:
        yield list(request.values())


def settle(
    request: Sequence[Record], destination: Destination, invoke: Invoke, tries: Iterable[int]
) -> dict[str, Failure]:
    """Sends the records, then those that failed alone, until none is left or the tries are used.

    Returns:
        What was given up, by record id.
    """
    size = _size(request[:1], destination)  # more than one fit, or would not stand together
    if size > destination.max_bytes:
        detail = f"a request of {size} bytes; at most {destination.max_bytes} are allowed"
        return _all(request, Failure("too_large", detail))
    waiting, failures, tried = list(request), dict[str, Failure](), 0
    for retry_hint in tries:
        tried = retry_hint + 1
        failures = _send(waiting, destination, invoke, retry_hint)
        waiting = [record for record in waiting if record.record_id in failures]
        if not waiting:
            break
    return {record_id: _after(failure, tried) for record_id, failure in failures.items()}


def body(records: Sequence[Record], destination: Destination, retry_hint: int) -> bytes:
    """The request as JSON. The same records give the same id, so that a replay can be known."""
    named = json.dumps([destination.application_arn, retry_hint, [r.record_id for r in records]])
    invocation_id = str(uuid.uuid5(uuid.NAMESPACE_URL, named))
    return _encoded(invocation_id, records, destination, retry_hint)


def read_answer(answer: bytes, records: Sequence[Record]) -> dict[str, Failure]:
    """The records without a clear `Ok`, by id, and why; an answer may be anything."""
    try:
        found = _results(answer)
        failures = {r.record_id: _failure(found.get(r.record_id, [])) for r in records}
    except (ValueError, RecursionError) as error:
        return _all(records, Failure("bad_answer", f"the answer is malformed: {error}"))
    return {record_id: failure for record_id, failure in failures.items() if failure}


def shown(value: Any, characters: int = _FOUND_CHARACTERS) -> str:
    """The start of a value, as a message shows it."""
    text = repr(value)
    return text if len(text) <= characters else f"{text[:characters]}..."


def _send(
    records: Sequence[Record], destination: Destination, invoke: Invoke, retry_hint: int
) -> dict[str, Failure]:
    try:
        answer = invoke(body(records, destination, retry_hint))
    except InvocationError as error:
        return _all(records, Failure(error.reason, str(error)))
    return read_answer(answer, records)


def _results(answer: bytes) -> dict[str, list[Any]]:
    """All that the answer says, by record id; what names no record is passed over."""
    document = json.loads(answer)
    entries = document.get("records") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError(f'{shown(document)}; {{"records": [...]}} is expected')
    found: dict[str, list[Any]] = {}
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("recordId"), str):
            found.setdefault(entry["recordId"], []).append(entry.get("result"))
    return found


def _failure(results: list[Any]) -> Failure | None:
    """None when every word on a record is `Ok`, and there is one."""
    if not results:
        return Failure("bad_answer", "the answer has no result of the record")
    if all(result == "Ok" for result in results):
        return None
    if all(result == "DeliveryFailed" for result in results):
        return Failure("delivery_failed", "the function answered DeliveryFailed")
    words = " and ".join(shown(result) for result in results[:3])
    return Failure("bad_answer", f"the result is {words}; Ok or DeliveryFailed is allowed")


def _all(records: Sequence[Record], failure: Failure) -> dict[str, Failure]:
    return {record.record_id: failure for record in records}


def _after(failure: Failure, tried: int) -> Failure:
    attempts = f"{tried} attempt" if tried == 1 else f"{tried} attempts"
    return Failure(failure.reason, f"after {attempts}: {failure.detail[:_DETAIL_CHARACTERS]}")


def _size(records: Sequence[Record], destination: Destination) -> int:
    """Bytes of the request with the highest retry hint: no later one is larger."""
    return len(_encoded(_ANY_ID, records, destination, destination.attempts - 1))


def _encoded(
    invocation_id: str, records: Sequence[Record], destination: Destination, retry_hint: int
) -> bytes:
    document = {
        "invocationId": invocation_id,
        "applicationArn": destination.application_arn,
        "records": [record.entry(retry_hint) for record in records],
    }
    return json.dumps(document, separators=(",", ":")).encode()
