"""Raw stream rows from a base event and what differs from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from catalog.streams import CLICKSTREAM
from transforms.events import judged, parse_events, settled, unpacked
from transforms.rules import Bound

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ARRIVED = datetime(2026, 1, 1, 0, 1, 0, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "user_id": "ann",
    "event_timestamp": 1_767_225_600_000,  # 2026-01-01T00:00:00Z
    "event_name": "view",
    "event_type": "click",
    "device_type": "mobile",
    "product_id": "tea",
}
LATENESS = timedelta(minutes=1)  # the base event is as old when it arrives
RAW = (
    "data binary, streamName string, partitionKey string, sequenceNumber string,"
    " approximateArrivalTimestamp timestamp"
)

RawRows = Callable[..., "DataFrame"]
Records = Callable[..., "DataFrame"]


@pytest.fixture
def written() -> Callable[[dict[str, Any]], str]:
    """How the producer writes an event."""
    return json.dumps


@pytest.fixture
def raw_rows(spark: SparkSession, written: Callable[[dict[str, Any]], str]) -> RawRows:
    """`raw_rows({...}, b"...")`: one row a payload, with sequence numbers 1, 2, 3 ...

    A dict states what differs from the base event; None takes a field away.
    """

    def make(*payloads: dict[str, Any] | bytes, arrived: datetime = ARRIVED) -> DataFrame:
        rows = [
            (_payload(found, written), "clickstream", "ann", str(number), arrived)
            for number, found in enumerate(payloads, start=1)
        ]
        return spark.createDataFrame(rows, RAW)

    return make


@pytest.fixture
def records(raw_rows: RawRows) -> Records:
    """The parsed and packed records of payloads, as later stages see them."""

    def make(
        *payloads: dict[str, Any] | bytes, earliest: int | None = None, since: int = 0
    ) -> DataFrame:
        declared = CLICKSTREAM.schema.struct_type()
        late = None if earliest is None else Bound(earliest, since)
        # Cut here as the job does by caching: planned whole, the rules are compiled several times.
        parsed = unpacked(parse_events(raw_rows(*payloads), declared, LATENESS)).localCheckpoint()
        verdicts = judged(parsed, declared, late).localCheckpoint()
        settled_ones = settled(parsed, verdicts, late)
        told = verdicts.select("sequence_number", "detail", "payload")
        return settled_ones.join(told, on="sequence_number", how="left").localCheckpoint()

    return make


def _payload(found: dict[str, Any] | bytes, written: Callable[[dict[str, Any]], str]) -> bytes:
    if isinstance(found, bytes):
        return found
    event = {key: value for key, value in (EVENT | found).items() if value is not None}
    return written(event).encode()
