"""Puts records into a stream, every one of them, whatever PutRecords takes at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from localaws.errors import LocalCloudError

# Limits of PutRecords: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
RECORDS_A_CALL = 500
BYTES_A_CALL = 5 * 1024 * 1024
BYTES_A_RECORD = 1024 * 1024
_TRIES = 8
_FIRST_PAUSE = 0.1


@dataclass(frozen=True)
class Record:
    """What is put: the partition key and the data."""

    key: str
    data: bytes

    @property
    def size(self) -> int:
        """Bytes that count towards the limits."""
        return len(self.data) + len(self.key.encode())


def calls(records: Sequence[Record]) -> Iterator[list[Record]]:
    """The records in order, cut into calls that are within the limits."""
    call: list[Record] = []
    size = 0
    for record in records:
        if call and (len(call) == RECORDS_A_CALL or size + record.size > BYTES_A_CALL):
            yield call
            call, size = [], 0
        call.append(record)
        size += record.size
    if call:
        yield call


class Sender:
    """Puts records into one stream, those that were refused again.

    Args:
        pause: waits so many seconds.
    """

    def __init__(
        self, kinesis: Any, stream: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self.sent = 0
        self._kinesis = kinesis
        self._stream = stream
        self._pause = pause

    def send(self, records: Sequence[Record]) -> None:
        """Put all records.

        Raises:
            LocalCloudError: the stream kept refusing some of them.
        """
        for call in calls(records):
            self._put(call)

    def _put(self, call: list[Record]) -> None:
        left = call
        for attempt in range(_TRIES):
            if attempt:
                self._pause(_FIRST_PAUSE * 2 ** (attempt - 1))
            answer = self._kinesis.put_records(
                StreamName=self._stream,
                Records=[{"Data": record.data, "PartitionKey": record.key} for record in left],
            )
            results = answer["Records"]
            refused = [r for r, put in zip(left, results, strict=True) if "ErrorCode" in put]
            self.sent += len(left) - len(refused)
            left = refused
            if not left:
                return
        reasons = sorted({put["ErrorCode"] for put in results if "ErrorCode" in put})
        raise LocalCloudError(
            f"stream {self._stream}: {len(left)} records refused {_TRIES} times ({reasons})"
        )
