"""The checkpoint is deleted and the stream read again: what is stored by revision is right."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from catalog.streams import CLICKSTREAM
from glue_jobs.click_sessions import Options
from glue_jobs.session_batch import SessionBatches
from tests.unit.transforms.session_reference import Event, sessions
from transforms.session_intake import Rules

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
RULES = Rules(gap=10_000, max_length=86_400_000, lateness=5_000)
RAW = (
    "data binary, streamName string, partitionKey string, sequenceNumber string,"
    " approximateArrivalTimestamp timestamp"
)
Row = dict[str, Any]
Run = Callable[[int, Sequence[Event]], list[Row]]


@pytest.fixture
def run(spark: Any, glue: Any, tmp_path: Path) -> Run:
    """`run(batch_id, events)`: one batch; the rows that it gives."""

    def batch(batch_id: int, events: Sequence[Event]) -> list[Row]:
        rows: list[Row] = []

        def keep(records: DataFrame) -> int:
            rows.extend(json.loads(record.data) for record in records.collect())
            return 0

        spans = {
            "gap": timedelta(milliseconds=RULES.gap),
            "max_length": timedelta(milliseconds=RULES.max_length),
            "allowed_lateness": timedelta(milliseconds=RULES.lateness),
        }
        chosen = Options("job", str(tmp_path / "checkpoint"), "session_writer", **spans)
        declared = CLICKSTREAM.schema.struct_type()
        batches = SessionBatches(
            glue, chosen, declared, keep, report=lambda _: None, query_id=lambda _: "q"
        )
        batches(spark.createDataFrame([_record(event) for event in events], RAW), batch_id)
        return rows

    return batch


def _record(event: Event) -> tuple[bytes, str, str, str, datetime]:
    sent = {
        "user_id": event.user,
        "event_timestamp": event.at,
        "event_name": event.name,
        "event_type": "click",
        "device_type": event.device,
    }
    arrived = datetime.fromtimestamp(event.arrived_at / 1_000, UTC)
    return json.dumps(sent).encode(), "clickstream", event.user, str(event.number), arrived


def stream(*seconds: tuple[str, float]) -> list[Event]:
    """Clicks of users, each arriving at once."""
    times = [(user, START + round(second * 1_000)) for user, second in seconds]
    return [
        Event(user, at, key=number, number=number, arrived_at=at)
        for number, (user, at) in enumerate(times, start=1)
    ]


def stored(rows: Sequence[Row]) -> dict[tuple[str, str], Row]:
    """What a table holds that keeps the highest revision of each key."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = row["user_id"], row["started_at"]
        if key not in found or found[key]["revision"] < row["revision"]:
            found[key] = row
    return found


def by_the_book(events: Sequence[Event]) -> dict[tuple[str, str], tuple[str, int, int]]:
    """Status, events and duration of each closed session of the events, sorted."""
    found = sessions(events, RULES).items()
    return {
        (user, _iso(start)): ("closed", told["events"], told["end"] - start)
        for (user, start), told in found
    }


def _iso(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1_000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1_000:03}Z"


@pytest.mark.parametrize("gone", [0, 4], ids=["from its beginning", "without what has expired"])
def test_a_stream_read_again_closes_what_was_open(run: Run, tmp_path: Path, gone: int) -> None:
    events = stream(
        *(("ann", 0), ("ann", 3), ("ann", 6), ("ann", 9), ("ann", 30), ("bob", 31)),  # batch 0
        *(("ann", 34), ("bob", 35)),  # batch 1
        ("eve", 100),  # whose event says that time has passed
    )
    events, clock = events[:-1], events[-1:]
    rows = [*run(0, events[:6]), *run(1, events[6:])]
    before = stored(rows)
    assert [row["status"] for _, row in sorted(before.items())] == ["closed", "open", "open"]
    shutil.rmtree(tmp_path / "checkpoint")
    rows += [*run(0, events[gone:]), *run(1, clock)]
    after = {key: row for key, row in stored(rows).items() if key[0] != "eve"}
    told = {k: (row["status"], row["events"], row["duration_ms"]) for k, row in after.items()}
    assert told == by_the_book(events)
