"""The batch function of the sessions: what it sends and writes, and what a replay does."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.operations import JOB_BATCHES, REJECTS
from catalog.streams import CLICKSTREAM
from glue_jobs.click_sessions import Options
from glue_jobs.lambda_destination import Destination
from glue_jobs.lambda_sink import LambdaSink
from glue_jobs.options import OptionError
from glue_jobs.session_batch import SessionBatches, terms_of
from glue_jobs.session_state import SessionState
from tests.unit.glue_jobs.fake_lambda import FakeLambda, serving

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
ARRIVED = datetime(2026, 1, 1, 12, tzinfo=UTC)
CLICK = {"user_id": "ann", "event_timestamp": START, "event_type": "click", "device_type": "phone"}
RAW = (
    "data binary, streamName string, partitionKey string, sequenceNumber string,"
    " approximateArrivalTimestamp timestamp"
)
Batch = Callable[..., list[dict[str, Any]]]


def revision(events: int, *, closed: bool = False) -> int:
    """Of a row after so many events of the user, as all arrive at `ARRIVED`."""
    return 2 * (round(ARRIVED.timestamp() * 1_000) * 2_048 + events - 1) + closed


class Taker(FakeLambda):
    """Takes every row but those of the user `nobody`."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []
        self.ids: list[str] = []

    def answer(self, request: dict[str, Any]) -> Any:
        return {"records": [self._take(each) for each in request["records"]]}

    def _take(self, record: dict[str, Any]) -> dict[str, str]:
        row = json.loads(base64.b64decode(record["data"]))
        refused = row["user_id"] == "nobody"
        if not refused:
            self.rows.append(row)
            self.ids.append(record["recordId"])
        return {"recordId": record["recordId"], "result": "DeliveryFailed" if refused else "Ok"}


@pytest.fixture
def taker(spark: Any, cloud: str) -> Iterator[Taker]:
    """The function where the Python workers look for it."""
    environment = spark.sparkContext.environment
    with serving(Taker()) as running:
        environment["AWS_ENDPOINT_URL_LAMBDA"] = running.endpoint
        yield running
        del environment["AWS_ENDPOINT_URL_LAMBDA"]


@pytest.fixture
def run(spark: Any, glue: Any, tables: Any, taker: Taker, tmp_path: Path) -> Batch:
    """`run(batch_id, (number, event), ..., **options)`: one batch; the rows that it sent."""

    def batch(
        batch_id: int, *records: tuple[int, dict[str, Any] | bytes], **options: Any
    ) -> list[dict[str, Any]]:
        given = {"gap": timedelta(seconds=10), "allowed_lateness": timedelta(seconds=5)}
        chosen = Options("job", str(tmp_path), "session_writer", **given | options)
        rows = [
            (_data(event), "clickstream", "k", str(number), ARRIVED) for number, event in records
        ]
        sink = LambdaSink(glue, Destination("session_writer", "arn", attempts=1), "job")
        declared = CLICKSTREAM.schema.struct_type()
        before = len(taker.rows)
        SessionBatches(glue, chosen, declared, sink, query_id=lambda _: "q")(
            spark.createDataFrame(rows, RAW), batch_id
        )
        return taker.rows[before:]

    return batch


def _data(event: dict[str, Any] | bytes) -> bytes:
    return event if isinstance(event, bytes) else json.dumps(CLICK | event).encode()


def at(seconds: float, number: int = 1, **fields: Any) -> tuple[int, dict[str, Any]]:
    """An event so many seconds after the start, and its sequence number."""
    return number, {"event_timestamp": START + round(seconds * 1_000), **fields}


def test_a_boundary_row_of_the_lab(run: Batch) -> None:
    (row,) = run(0, at(3), at(12, 2), mode="lab")
    assert row == {
        "user_id": "ann",
        "session_id": "ann_phone_00:00:03",
        "session_time": "00:00:03",
        "latest_time": "00:00:03",
        "started_at": "2026-01-01T00:00:03.000Z",
        "revision": revision(2),
        "status": "open",
    }


def test_all_rows_of_the_lab(run: Batch) -> None:
    start, inside = sorted(run(0, at(3), at(12, 2), mode="lab_all"), key=lambda r: r["latest_time"])
    assert (start["session_time"], start["latest_time"]) == ("00:00:03", "00:00:03")
    assert (inside["session_id"], inside["session_time"], inside["latest_time"]) == (
        "ann_phone_00:00:03",
        None,
        "00:00:12",
    )
    assert start["event_key"] != inside["event_key"]


def test_a_closed_row_tells_of_the_session(run: Batch) -> None:
    run(0, at(0, event_name="home"), at(4, 2, event_type="purchase", event_name="till"))
    (row,) = [r for r in run(1, at(60, 3, user_id="bob")) if r["user_id"] == "ann"]
    expected = {
        "status": "closed",
        "latest_time": "00:00:04",
        "ended_at": "2026-01-01T00:00:04.000Z",
        "events": 2,
        "duration_ms": 4_000,
        "entry_page": "home",
        "exit_page": "till",
        "device_changes": 0,
        "purchases": 1,
        "converted": True,
        "revision": revision(2, closed=True),
    }
    assert {name: row[name] for name in expected} == expected


def test_state_is_kept_from_batch_to_batch_and_idle_users_are_not_written(
    run: Batch, spark: Any, tmp_path: Path
) -> None:
    run(0, *(at(n / 100, n, user_id=f"u{n}") for n in range(40)), mode="lab")
    assert run(1, at(5, 50, user_id="u7"), mode="lab") == []
    runs = SessionState(spark, str(tmp_path), {}).before(99).runs
    assert [each.segments for each in runs] == [40, 2]
    (row,) = run(2, at(30, 51, user_id="u7"), mode="lab")
    assert (row["session_time"], row["revision"]) == ("00:00:30", revision(3))


def test_a_replayed_batch_sends_the_same_records_and_leaves_the_same_tables(
    run: Batch, taker: Taker, tables: Any
) -> None:
    run(0, at(0), at(20, 2))
    first = run(1, at(14, 3), at(40, 4), (5, b"no event"), at(14, 6, event_id="x"))
    ids = taker.ids[-len(first) :]
    there = [tables.items(table) for table in (REJECTS, JOB_BATCHES)]
    again = run(1, at(14, 3), at(40, 4), (5, b"no event"), at(14, 6, event_id="x"))
    assert sorted(taker.ids[-len(again) :]) == sorted(ids)
    key = lambda row: (row["started_at"], row["revision"])  # noqa: E731 - said once, used twice
    assert sorted(again, key=key) == sorted(first, key=key)
    assert [tables.items(table) for table in (REJECTS, JOB_BATCHES)] == there


def test_the_batch_says_what_became_of_its_records(run: Batch, tables: Any) -> None:
    run(0, at(60), at(1, 2), (3, b"{}"), at(70, 4, event_id="e"), at(70, 5, event_id="e"))
    (item,) = tables.items(JOB_BATCHES)
    assert {name: int(item[name]) for name in ("counted", "rejected", "late", "results")} == {
        "counted": 2,
        "rejected": 2,
        "late": 1,
        "results": 1,
    }
    reasons = {item["sequence_number"]: item["reason"] for item in tables.items(REJECTS)}
    assert reasons == {"2": "late", "3": "missing_field", "5": "duplicate"}


def test_a_row_that_is_not_taken_is_set_aside_whole(run: Batch, tables: Any) -> None:
    assert len(run(0, at(0, user_id="nobody"), at(0, 2))) == 1
    (reject,) = tables.items(REJECTS)
    assert (reject["stream"], reject["reason"]) == ("session_writer", "delivery_failed")
    assert json.loads(reject["payload"])["user_id"] == "nobody"
    (item,) = tables.items(JOB_BATCHES)
    assert item["undelivered"] == 1


def test_what_no_longer_counts_is_deleted(run: Batch, spark: Any, tmp_path: Path) -> None:
    for batch in range(6):
        run(batch, at(batch * 60, batch + 1), mode="lab")
    found = sorted(path.name for path in (tmp_path / "sessions").iterdir())
    runs = {f"run-{run.batch}" for run in SessionState(spark, str(tmp_path), {}).before(99).runs}
    assert {name for name in found if not name.startswith(".")} >= runs
    assert [name for name in found if name.startswith("standing-")] == ["standing-4", "standing-5"]
    assert len([name for name in found if name.startswith("run-")]) <= 2


def test_a_checkpoint_of_other_terms_is_refused(run: Batch, spark: Any, tmp_path: Path) -> None:
    run(0, at(0), mode="lab")
    terms = terms_of(Options("job", str(tmp_path), "f", mode="lab", gap=timedelta(seconds=11)))
    with pytest.raises(OptionError, match=r"--gap: found '11 seconds'; .* '10 seconds'"):
        SessionState(spark, str(tmp_path), terms).check()


def test_a_batch_without_a_good_event_has_no_event_time(run: Batch, tables: Any) -> None:
    run(0, (1, b"{}"))
    (item,) = tables.items(JOB_BATCHES)
    assert "high_water_mark" not in item
