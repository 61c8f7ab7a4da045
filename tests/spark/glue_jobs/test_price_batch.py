"""The batch function against tables of the emulator: what it writes, and what a replay does."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from catalog.operations import JOB_BATCHES, REJECTS
from catalog.price_loop import ORDERS, PRICE_CANDIDATES, PRODUCTS
from catalog.registry import DATABASE
from catalog.streams import CLICKSTREAM
from glue_jobs import enrichment
from glue_jobs.price_batch import PriceBatches
from glue_jobs.price_candidates import Options
from tests.spark.versions import needs_try_cast

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
ARRIVED = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = ARRIVED + timedelta(minutes=1)
MINUTE = 60_000
EVENT = {"user_id": "ann", "event_timestamp": START, "event_type": "click", "product_id": "tea"}
TEA = {"product_id": "tea", "price_cents": 120, "price_version": 4, "stock": 9, "colour": "green"}
RAW = (
    "data binary, streamName string, partitionKey string, sequenceNumber string,"
    " approximateArrivalTimestamp timestamp"
)
Batch = Callable[..., None]


def numbered(first: int, *payloads: dict[str, Any] | bytes) -> list[tuple[int, bytes]]:
    """Payloads with sequence numbers from `first` on."""
    return [
        (number, p if isinstance(p, bytes) else json.dumps(EVENT | p).encode())
        for number, p in enumerate(payloads, start=first)
    ]


@pytest.fixture
def run(spark: SparkSession, glue: GlueContext, tables: Any) -> Batch:
    """`run(records, batch_id, query, arrived, **options)`: one batch of the job."""

    def frame(records: list[tuple[int, bytes]], arrived: datetime) -> DataFrame:
        rows = [(data, "clickstream", "ann", str(n), arrived) for n, data in records]
        return spark.createDataFrame(rows, RAW)

    def batch(
        records: list[tuple[int, bytes]],
        batch_id: int = 0,
        query: str = "q",
        arrived: datetime = ARRIVED,
        **options: Any,
    ) -> None:
        chosen = Options("job", "c", window=timedelta(seconds=10), database=DATABASE, **options)
        PriceBatches(
            glue,
            chosen,
            CLICKSTREAM.schema.struct_type(),
            enrichment.chosen(glue, chosen),
            lambda _: query,
        )(frame(records, arrived), batch_id)

    return batch


def everything(tables: Any) -> list[list[dict[str, Any]]]:
    return [tables.items(table) for table in (PRICE_CANDIDATES, REJECTS, JOB_BATCHES)]


FIRST = numbered(
    1,
    {"event_id": "e1", "price_cents": 100},
    {"event_id": "e2", "event_type": "purchase", "quantity": 2, "user_id": "bob"},
    {"event_id": "e1", "price_cents": 100},
    {"event_type": "impression"},
    b"garbage",
    {"event_id": "e3", "product_id": "mug", "price_cents": 7},
    {"event_id": "e4", "event_timestamp": START + 10_000, "price_cents": 90},
)


def test_a_batch_leaves_candidates_rejects_and_an_item(run: Batch, tables: Any) -> None:
    tables.put(PRODUCTS, TEA)
    tables.put(
        ORDERS,
        {"order_id": "o1", "product_id": "tea", "ordered_at": "2025-12-31T12:00:00Z",
         "quantity": 3, "status": "placed"},
        {"order_id": "o2", "product_id": "tea", "ordered_at": "2025-12-31T13:00:00Z",
         "quantity": 5, "status": "cancelled"},
    )  # fmt: skip

    run(FIRST)

    mug, tea, later = tables.items(PRICE_CANDIDATES)
    assert (mug["product_id"], mug["known_product"]) == ("mug", False)
    assert "price_cents" not in mug
    assert mug["observations"] == [{"price_cents": 7, "clicks": 1, "units": 0}]
    assert tea["window_start"] == "2026-01-01T00:00:00Z"
    assert (tea["clicks"], tea["purchases"], tea["units"], tea["users"]) == (1, 1, 2, 2)
    assert tea["observations"] == [
        {"price_cents": 100, "clicks": 1, "units": 0},
        {"price_cents": 120, "clicks": 0, "units": 2},
    ]
    assert (tea["recent_orders"], tea["recent_units"]) == (1, 3)
    assert (tea["price_cents"], tea["price_version"], tea["stock"]) == (120, 4, 9)
    assert len(struct.unpack(">2q", bytes(tea["event_keys"]))) == 2
    assert later["evidence"] == tea["observations"]

    assert [(r["sequence_number"], r["reason"]) for r in tables.items(REJECTS)] == [
        ("3", "duplicate"),
        ("5", "not_json"),
    ]
    (item,) = tables.items(JOB_BATCHES)
    assert item["read_units"] > 0
    del item["read_units"]
    assert item == {
        "query_id": "q", "batch_id": 0, "job": "job", "counted": 5, "rejected": 2, "late": 0,
        "results": 3, "unknown_products": 1, "high_water_mark": START + 10_000,
        "last_arrival_at": START + 43_200_000,
    }  # fmt: skip


def test_a_replayed_batch_changes_nothing_though_the_price_has_moved(
    run: Batch, tables: Any
) -> None:
    tables.put(PRODUCTS, TEA)
    run(FIRST)
    before = everything(tables)

    tables.put(PRODUCTS, TEA | {"price_cents": 1, "price_version": 5})
    run(FIRST)

    assert everything(tables) == before


def test_a_batch_killed_between_any_two_writes_ends_in_the_same_tables(
    run: Batch, tables: Any
) -> None:
    earlier = numbered(1, {"event_id": "e0"})
    batch = numbered(2, {"event_id": "e0"}, {"event_id": "e1"}, b"garbage",
                     {"event_id": "e2", "event_timestamp": START + 10_000})  # fmt: skip
    run(earlier, 0)
    before = tables.items(PRICE_CANDIDATES)
    run(batch, 1)
    whole = everything(tables)
    candidates = [c for c in whole[0] if c not in before]

    # What a kill may have left undone: nothing, some, or all of the batch's writes.
    states = ((candidates, whole[1]), (candidates[:1], []), (candidates[1:], whole[1]),
              ([], whole[1][:1]))  # fmt: skip
    for lost, rejects in states:
        tables.remove(PRICE_CANDIDATES, *lost)
        tables.remove(REJECTS, *rejects)
        tables.remove(JOB_BATCHES, whole[2][1])
        run(batch, 1)
        assert everything(tables) == whole


def test_events_sent_again_are_duplicates_in_the_same_and_in_later_batches(
    run: Batch, tables: Any
) -> None:
    once = [{"event_id": f"e{n}", "event_timestamp": START + n * 1_000} for n in range(12)]
    run(numbered(1, *once, *once[:3]), 0)
    run(numbered(16, *once[3:], {"event_id": "new"}), 1)
    run(numbered(26, *once), 2)

    assert sum(c["clicks"] for c in tables.items(PRICE_CANDIDATES)) == 13
    reasons = [r["reason"] for r in tables.items(REJECTS)]
    assert reasons == ["duplicate"] * (3 + 9 + 12)
    batches = tables.items(JOB_BATCHES)
    assert [(b["counted"], b["rejected"]) for b in batches] == [(12, 3), (1, 9), (0, 12)]


def test_after_a_lost_checkpoint_nothing_is_counted_twice(run: Batch, tables: Any) -> None:
    records = numbered(1, *({"event_id": f"e{n}"} for n in range(4)), {}, {})
    run(records[:2], 0, "before")
    run(records[2:], 1, "before")
    candidates = tables.items(PRICE_CANDIDATES)

    run(records, 0, "after")  # both batches in one: recognised whole
    assert tables.items(REJECTS) == []
    run(records[:3], 0, "again")  # other borders
    run(records[3:], 1, "again")

    assert tables.items(PRICE_CANDIDATES) == candidates
    assert sum(c["clicks"] for c in candidates) == 6


def test_late_events_are_measured_against_earlier_batches_and_a_replay_agrees(
    run: Batch, tables: Any
) -> None:
    now = {"event_id": "e1", "event_timestamp": START + 20 * MINUTE}
    late = {"event_id": "e2", "event_timestamp": START + 10 * MINUTE - 1}
    run(numbered(1, late | {"event_id": "e0"}, now), 0)  # nothing is late in the first batch
    second = numbered(3, late, {"event_id": "e3", "event_timestamp": START + 10 * MINUTE})
    run(second, 1, arrived=LATER)
    first_try = everything(tables)
    run(second, 1, arrived=LATER)

    assert everything(tables) == first_try
    assert [(r["sequence_number"], r["reason"]) for r in tables.items(REJECTS)] == [("3", "late")]
    assert [(b["counted"], b["late"]) for b in tables.items(JOB_BATCHES)] == [(2, 0), (1, 1)]
    assert [b["high_water_mark"] for b in tables.items(JOB_BATCHES)] == [START + 20 * MINUTE] * 2


def test_a_shard_that_lags_behind_is_read_late_and_is_not_late(run: Batch, tables: Any) -> None:
    run(numbered(1, {"event_timestamp": START + 20 * MINUTE}), 0)
    lagging = numbered(2, {"event_timestamp": START}, {"event_timestamp": START + MINUTE})
    run(lagging, 1, arrived=ARRIVED - timedelta(minutes=1))

    assert [(b["counted"], b["late"]) for b in tables.items(JOB_BATCHES)] == [(1, 0), (2, 0)]
    assert tables.items(REJECTS) == []


def test_another_query_has_its_own_high_water_mark(run: Batch, tables: Any) -> None:
    run(numbered(1, {"event_timestamp": START + 20 * MINUTE}), 0, "one")
    run(numbered(2, {"event_timestamp": START}), 0, "two")

    assert [b["late"] for b in tables.items(JOB_BATCHES)] == [0, 0]


def test_a_batch_of_nothing_but_garbage_is_accounted_for(run: Batch, tables: Any) -> None:
    run(numbered(1, b"garbage", b"\xff"))

    (item,) = tables.items(JOB_BATCHES)
    assert (item["counted"], item["rejected"], item["results"]) == (0, 2, 0)
    assert "high_water_mark" not in item


@needs_try_cast
def test_snapshots_give_the_same_candidates_as_keys(run: Batch, tables: Any) -> None:
    odd = {"price_cents": "120", "stock": "many", "category": 7, "cost_cents": Decimal("9.5")}
    tables.put(PRODUCTS, TEA | odd, {"product_id": "unseen", "price_cents": 1})
    tables.put(
        ORDERS,
        {
            "order_id": "o1",
            "product_id": "tea",
            "ordered_at": "2025-12-31T12:00:00Z",
            "quantity": "2",
        },
        {"order_id": "o2", "product_id": "tea", "ordered_at": "2025-12-29T12:00:00Z"},
        {"order_id": "o3", "product_id": "unseen", "ordered_at": "2025-12-31T12:00:00Z"},
    )
    run(FIRST)
    by_key = tables.items(PRICE_CANDIDATES)
    tables.remove(PRICE_CANDIDATES, *by_key)

    run(FIRST, enrichment="snapshot")

    assert tables.items(PRICE_CANDIDATES) == by_key
    assert {(c.get("price_cents"), c.get("stock"), c["recent_units"]) for c in by_key} >= {
        (120, None, 2)
    }


def test_the_read_units_of_a_batch_do_not_depend_on_the_size_of_the_table(
    run: Batch, tables: Any
) -> None:
    batch = numbered(1, *({"product_id": f"p{n}", "event_id": f"e{n}"} for n in range(20)))
    tables.put(PRODUCTS, *(TEA | {"product_id": f"p{n}"} for n in range(20)))
    run(batch, 0, "small")
    tables.remove(PRICE_CANDIDATES, *tables.items(PRICE_CANDIDATES))
    tables.put(PRODUCTS, *(TEA | {"product_id": f"p{n}"} for n in range(1_000)))
    run(batch, 0, "large")

    large, small = tables.items(JOB_BATCHES)
    assert large["read_units"] == small["read_units"]


def test_a_batch_logs_one_line_of_json(run: Batch, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        run(numbered(1, {}))

    (line,) = [json.loads(r.message) for r in caplog.records if r.message.startswith("{")]
    assert line.keys() >= {
        *("batch_id", "counted", "rejected", "late", "results", "unknown_products"),
        *("read_units", "seconds"),
    }
