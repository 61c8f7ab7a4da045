"""Records as Arrow, and aggregates of the Kinesis Producer Library."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark_kinesis.kpl import MAGIC, user_records
from pyspark_kinesis.records import SCHEMA, position_text, rows_before, rows_through, to_batch

from tests.unit.kinesis.fake_kpl import aggregate, field, varint


def record(data: bytes, sequence: int = 7, arrival: float = 1_767_225_600.123) -> dict[str, Any]:
    return {
        "SequenceNumber": str(sequence),
        "ApproximateArrivalTimestamp": arrival,
        "Data": b64encode(data).decode(),
        "PartitionKey": "k",
    }


def test_a_row_has_the_fields_of_its_record() -> None:
    batch = to_batch([record(b"\x00\xff")], "orders")
    assert batch.schema == SCHEMA
    assert batch.to_pylist() == [
        {
            "data": b"\x00\xff",
            "streamName": "orders",
            "partitionKey": "k",
            "sequenceNumber": "7",
            "approximateArrivalTimestamp": datetime(2026, 1, 1, 0, 0, 0, 123_000, UTC),
        }
    ]


def test_arrival_times_keep_their_milliseconds_through_floats() -> None:
    arrivals = [1_767_225_600 + n / 1_000 for n in range(1_000)]
    batch = to_batch([record(b"", arrival=arrival) for arrival in arrivals], "orders")
    found = batch["approximateArrivalTimestamp"].to_pylist()
    assert [moment.microsecond for moment in found] == [n * 1_000 for n in range(1_000)]


users = st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=300)), min_size=1, max_size=200)


@settings(deadline=None)
@given(users)
def test_what_the_producer_library_packs_comes_out_again(packed: list[tuple[str, bytes]]) -> None:
    assert user_records(aggregate(*packed)) == packed


def test_hash_keys_tags_and_unknown_fields_of_an_aggregate_are_skipped() -> None:
    extra = field(2, b"123") + varint(9 << 3 | 1) + bytes(8) + varint(10 << 3 | 5) + bytes(4)
    assert user_records(aggregate(("a", b"1"), extra=extra)) == [("a", b"1")]


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_what_only_looks_like_an_aggregate_stays_a_plain_record(tail: bytes) -> None:
    assert user_records(MAGIC + tail) is None
    digest = hashlib.md5(tail, usedforsecurity=False).digest()
    found = user_records(MAGIC + tail + digest)
    assert found is None or isinstance(found, list)


def test_an_aggregate_naming_a_key_it_lacks_stays_a_plain_record() -> None:
    message = field(3, b"\x08\x05" + field(3, b"data"))
    digest = hashlib.md5(message, usedforsecurity=False).digest()
    assert user_records(MAGIC + message + digest) is None


def test_user_records_get_numbers_of_their_own() -> None:
    packed = aggregate(("a", b"1"), ("b", b"2"), ("a", b"3"))
    batch = to_batch([record(b"plain", 6), record(packed, 7), record(b"\xf3 plain", 8)], "orders")
    assert batch["data"].to_pylist() == [b"plain", b"1", b"2", b"3", b"\xf3 plain"]
    assert batch["sequenceNumber"].to_pylist() == ["6", "7:0", "7:1", "7:2", "8"]
    assert batch["partitionKey"].to_pylist() == ["k", "a", "b", "a", "k"]
    assert position_text(batch, 2) == "7:1"


@pytest.mark.parametrize(
    ("position", "before", "through"),
    [("5", 0, 0), ("6", 0, 1), ("7:1", 2, 3), ("7:9", 4, 4), ("8", 4, 5), ("9", 5, 5)],
)
def test_rows_are_found_by_position(position: str, before: int, through: int) -> None:
    packed = aggregate(("a", b"1"), ("b", b"2"), ("a", b"3"))
    batch = to_batch([record(b"x", 6), record(packed, 7), record(b"y", 8)], "orders")
    assert rows_before(batch, position) == before
    assert rows_through(batch, position) == through
