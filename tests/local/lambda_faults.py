"""Ways in which the function of a Lambda destination, or its service, misbehaves."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from tests.local.proxy import Fault, Forward, Reply, Request, with_body

Entries = list[dict[str, Any]]
_FAILED = "DeliveryFailed"


class Misbehaving:
    """A fault of the function: what becomes of a request as long as it is tried the first times.

    Attributes:
        times: how often it misbehaved.
    """

    def __init__(self, fault: Fault, tries: int = 1) -> None:
        self.times = 0
        self._fault, self._tries = fault, tries

    def __call__(self, request: Request, forward: Forward) -> Reply | None:
        if request.name != "invocations" or _retry_hint(request) >= self._tries:
            return forward(request)
        self.times += 1
        return self._fault(request, forward)


def one_in_ten_fails(request: Request, forward: Forward) -> Reply:
    """Of ten records the first is not worked on, and said to have failed."""
    records = _records(request)
    left_out = [_entry(each, _FAILED) for each in records[::10]]
    kept = [each for number, each in enumerate(records) if number % 10]
    answered = _answered(forward(_with_records(request, kept))) if kept else []
    return _answer([*left_out, *answered])


def raises(request: Request, forward: Forward) -> Reply:
    """The function raises, after its work."""
    forward(request)
    body = b'{"errorType": "RuntimeError", "errorMessage": "at the very end"}'
    return Reply(200, {"X-Amz-Function-Error": "Unhandled"}, body)


def refuses(status: int, code: str) -> Fault:
    """The service refuses the request."""

    def fault(_request: Request, _forward: Forward) -> Reply:
        return Reply(status, {"x-amzn-ErrorType": code}, b'{"Message": "not now"}')

    return fault


def hangs_up(request: Request, forward: Forward) -> None:
    """The function works, its answer is lost."""
    forward(request)


def answers(change: Callable[[Entries], Any]) -> Fault:
    """The function works, and answers something else than it should."""

    def fault(request: Request, forward: Forward) -> Reply:
        changed = change(_answered(forward(request)))
        return changed if isinstance(changed, Reply) else _answer(changed)

    return fault


def not_json(_entries: Entries) -> Reply:
    return Reply(200, {}, b"<html>Ok</html>")


def no_records(_entries: Entries) -> Reply:
    return Reply(200, {}, b'{"statusCode": 200}')


def unknown_ids(entries: Entries) -> Entries:
    return [{**entry, "recordId": f"not-{entry['recordId']}"} for entry in entries]


def missing_ids(entries: Entries) -> Entries:
    return entries[::2]


def other_words(entries: Entries) -> list[Any]:
    return [None, "Ok", *({**entry, "result": "ok"} for entry in entries)]


def both_words(entries: Entries) -> Entries:
    return [*entries, *({**entry, "result": _FAILED} for entry in entries)]


class Refusing:
    """A fault: the function never takes a row of this user."""

    def __init__(self, user: str) -> None:
        self._user = user

    def __call__(self, request: Request, forward: Forward) -> Reply | None:
        if request.name != "invocations":
            return forward(request)
        records = _records(request)
        refused = [each for each in records if self._is_refused(each)]
        kept = [each for each in records if not self._is_refused(each)]
        answered = _answered(forward(_with_records(request, kept))) if kept else []
        return _answer([*(_entry(each, _FAILED) for each in refused), *answered])

    def _is_refused(self, record: dict[str, Any]) -> bool:
        row = json.loads(base64.b64decode(record["data"]))
        return bool(row["user_id"] == self._user)


def _records(request: Request) -> Entries:
    records: Entries = json.loads(request.body)["records"]
    return records


def _with_records(request: Request, records: Entries) -> Request:
    return with_body(request, json.dumps({**json.loads(request.body), "records": records}).encode())


def _retry_hint(request: Request) -> int:
    return int(_records(request)[0]["lambdaDeliveryRecordMetadata"]["retryHint"])


def _entry(record: dict[str, Any], result: str) -> dict[str, str]:
    return {"recordId": record["recordId"], "result": result}


def _answered(reply: Reply) -> Entries:
    entries: Entries = json.loads(reply.body)["records"]
    return entries


def _answer(entries: Any) -> Reply:
    return Reply(200, {}, json.dumps({"records": entries}).encode())
