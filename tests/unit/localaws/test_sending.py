"""Every record is put, within the limits of PutRecords, whatever the stream refuses at first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localaws.errors import LocalCloudError
from localaws.sending import BYTES_A_CALL, RECORDS_A_CALL, Record, Sender, calls


class FakeKinesis:
    """Refuses each record whose key is in `refusals` so many times."""

    def __init__(self, refusals: dict[str, int]) -> None:
        self.refusals = refusals
        self.stored: list[str] = []
        self.calls = 0

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls += 1
        return {"Records": [self._put(record["PartitionKey"]) for record in Records]}

    def _put(self, key: str) -> dict[str, str]:
        if self.refusals.get(key, 0) > 0:
            self.refusals[key] -= 1
            return {"ErrorCode": "ProvisionedThroughputExceededException"}
        self.stored.append(key)
        return {"SequenceNumber": "1"}


def _records(*keys: str) -> list[Record]:
    return [Record(key, b"x") for key in keys]


def test_refused_records_are_put_again_and_the_others_once() -> None:
    kinesis, pauses = FakeKinesis({"b": 2}), []
    sender = Sender(kinesis, "s", pauses.append)
    sender.send(_records("a", "b", "c"))
    assert kinesis.stored == ["a", "c", "b"]
    assert (sender.sent, kinesis.calls, pauses) == (3, 3, [0.1, 0.2])


def test_a_stream_that_keeps_refusing_is_an_error_that_names_it() -> None:
    sender = Sender(FakeKinesis({"b": 99}), "clickstream", lambda _: None)
    with pytest.raises(LocalCloudError, match="stream clickstream: 1 records refused 8 times"):
        sender.send(_records("a", "b"))
    assert sender.sent == 1


@given(st.lists(st.integers(1, 1_000_000), max_size=60))
def test_calls_keep_all_records_in_order_within_the_limits(sizes: list[int]) -> None:
    records = [Record(str(n), b"x" * size) for n, size in enumerate(sizes)]
    cut = list(calls(records))
    assert [record for call in cut for record in call] == records
    assert all(sum(record.size for record in call) <= BYTES_A_CALL for call in cut)


def test_a_call_takes_five_hundred_records() -> None:
    assert [len(call) for call in calls(_records(*["k"] * 1_001))] == [RECORDS_A_CALL] * 2 + [1]
