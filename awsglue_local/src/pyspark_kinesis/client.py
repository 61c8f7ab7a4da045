"""The three calls that reading needs, with retries."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, Protocol

import orjson
import urllib3

from pyspark_kinesis.errors import (
    ExpiredIteratorError,
    KinesisRequestError,
    PositionGoneError,
    StoppedError,
)
from pyspark_kinesis.options import KinesisOptions
from pyspark_kinesis.shards import Shard
from pyspark_kinesis.transport import Answer

_TARGET: Final = "Kinesis_20131202."
_THROTTLES: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "KMSThrottlingException",
        "ThrottlingException",
        "Throttling",
        "RequestTimeout",
    }
)
_GONE: Final = frozenset({"ResourceNotFoundException", "InvalidArgumentException"})


class Transport(Protocol):
    """What the client sends through."""

    def post(self, target: str, body: bytes) -> Answer:
        """Send one request, once."""

    def close(self) -> None:
        """Close the connections."""


class KinesisClient:
    """Kinesis as a reader sees it; safe to share between threads.

    `stopped` ends every wait between retries with StoppedError.
    """

    def __init__(
        self, options: KinesisOptions, transport: Transport, stopped: threading.Event
    ) -> None:
        self._options = options
        self._transport = transport
        self._stopped = stopped
        self._stream = {"StreamName": options.stream_name}
        if options.stream_arn:
            # Another account's stream cannot be had by its name alone.
            self._stream["StreamARN"] = options.stream_arn

    def list_shards(self) -> tuple[dict[str, Shard], float]:
        """All shards by id, and the server's time (epoch seconds) when it began to list them."""
        where = f"stream {self._options.stream_name}: ListShards"
        payload: dict[str, Any] = dict(self._stream)
        shards: dict[str, Shard] = {}
        moment: float | None = None
        while True:
            answer = self._call("ListShards", payload, where)
            moment = answer.time if moment is None else moment
            page = orjson.loads(answer.body)
            shards.update((s["ShardId"], Shard.of(s)) for s in page["Shards"])
            if not page.get("NextToken"):
                return shards, moment
            payload = {"NextToken": page["NextToken"]}

    def iterator_at(self, shard_id: str, kind: str, start: str | float | None = None) -> str:
        """A shard iterator; `start` is a sequence number or a time in epoch seconds."""
        payload: dict[str, Any] = {**self._stream, "ShardId": shard_id, "ShardIteratorType": kind}
        if start is not None:
            key = "Timestamp" if kind == "AT_TIMESTAMP" else "StartingSequenceNumber"
            payload[key] = start
        found = orjson.loads(
            self._call("GetShardIterator", payload, self._where(shard_id, "GetShardIterator")).body
        )
        return str(found["ShardIterator"])

    def get_records(self, shard_id: str, iterator: str, limit: int) -> dict[str, Any]:
        """The answer of GetRecords as it came."""
        payload = {"ShardIterator": iterator, "Limit": limit}
        where = self._where(shard_id, "GetRecords")
        page: dict[str, Any] = orjson.loads(self._call("GetRecords", payload, where).body)
        return page

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _where(self, shard_id: str, action: str) -> str:
        return f"stream {self._options.stream_name}, shard {shard_id}: {action}"

    def _call(self, action: str, payload: dict[str, Any], where: str) -> Answer:
        body = orjson.dumps(payload)
        delay = self._options.retry_seconds
        attempt = 0
        while True:
            failure = self._attempt(action, body, where)
            if isinstance(failure, Answer):
                return failure
            if attempt >= self._options.retries:
                raise failure
            if self._stopped.wait(min(delay, self._options.max_retry_seconds)):
                raise StoppedError
            attempt, delay = attempt + 1, delay * 2

    def _attempt(self, action: str, body: bytes, where: str) -> Answer | KinesisRequestError:
        """The answer, or an error that is worth another attempt; raises the others."""
        if self._stopped.is_set():
            raise StoppedError
        advice = f"Gave up after {self._options.retries} retries (option numRetries)."
        try:
            answer = self._transport.post(_TARGET + action, body)
        except urllib3.exceptions.HTTPError as error:
            name = type(error).__name__
            return KinesisRequestError(
                where, name, f"{self._options.endpoint_url}: {error}", advice
            )
        if answer.status == 200:
            return answer
        code, message = _error_of(answer)
        if answer.status >= 500 or answer.status == 429 or code in _THROTTLES:
            return KinesisRequestError(where, code, message, advice)
        raise _refusal(code)(where, code, message)


def _refusal(code: str) -> Callable[[str, str, str], KinesisRequestError]:
    if code == "ExpiredIteratorException":
        return ExpiredIteratorError
    return PositionGoneError if code in _GONE else KinesisRequestError


def _error_of(answer: Answer) -> tuple[str, str]:
    try:
        found = orjson.loads(answer.body)
        code = found.get("__type", "") or answer.error_type
        message = found.get("message") or found.get("Message") or ""
    except (ValueError, AttributeError):
        code, message = answer.error_type, answer.body[:200].decode(errors="replace")
    name = code.partition(":")[0].rpartition("#")[2]
    return name or f"HTTP {answer.status}", message
