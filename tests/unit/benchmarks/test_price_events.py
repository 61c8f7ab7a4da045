"""The events of the price benchmarks."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.price_events import (
    START_MS,
    Round,
    Workload,
    events_of,
    order_items,
    price_cents,
    product_id,
    product_items,
    write_rounds,
)
from catalog.price_loop import ORDERS, PRODUCTS
from catalog.streams import CLICKSTREAM, EVENT_TYPES

WORKLOAD = Workload(events=40_000, products=50)
CLEAN = Round(4_000, flawed=False)


@pytest.fixture(scope="module")
def clean() -> list[bytes]:
    return list(events_of(WORKLOAD, 3, CLEAN))


def test_every_event_is_200_bytes_of_json_of_the_contract(clean: list[bytes]) -> None:
    assert {len(event) for event in clean} == {200}
    events = [json.loads(event) for event in clean]
    assert {key for event in events for key in event} == set(CLICKSTREAM.schema.names)
    assert {event["event_type"] for event in events} == set(EVENT_TYPES)


def test_every_shard_gets_the_same_number_of_events(clean: list[bytes]) -> None:
    users = [json.loads(event)["user_id"].encode() for event in clean]
    top_bits = (hashlib.md5(user, usedforsecurity=False).digest()[0] // 64 for user in users)
    assert Counter(top_bits) == {0: 1_000, 1: 1_000, 2: 1_000, 3: 1_000}


def test_the_events_of_a_round_lie_in_its_window_in_order(clean: list[bytes]) -> None:
    times = [json.loads(event)["event_timestamp"] for event in clean]
    assert times == sorted(times)
    assert times[0] == START_MS + 300_000
    assert times[-1] < START_MS + 400_000


def test_the_same_numbers_give_the_same_events_and_another_round_others(clean: list[bytes]) -> None:
    assert list(events_of(WORKLOAD, 3, CLEAN)) == clean
    assert not set(events_of(WORKLOAD, 4, CLEAN)) & set(clean)


def test_a_clean_round_has_no_event_twice(clean: list[bytes]) -> None:
    ids = [json.loads(event)["event_id"] for event in clean]
    assert len(set(ids)) == len(ids)


def test_a_flawed_round_has_one_repetition_and_one_negative_price_in_20_000_events() -> None:
    events = [json.loads(e) for e in events_of(WORKLOAD, 0, Round(40_000, flawed=True))]
    assert len(events) - len({event["event_id"] for event in events}) == 2
    assert sum(event["price_cents"] < 0 for event in events) == 2


def test_products_and_orders_are_items_of_their_tables() -> None:
    assert {key for item in product_items(3) for key in item} <= set(PRODUCTS.schema.names)
    orders = list(order_items(3))
    assert {key for item in orders for key in item} <= set(ORDERS.schema.names)
    assert [item["product_id"] for item in orders] == [product_id(n) for n in (0, 1, 1, 2, 2, 2)]
    assert orders[0]["ordered_at"] == "2025-12-31T22:00:00Z"


def test_a_price_stays_within_the_bounds_of_its_product() -> None:
    for rank, item in enumerate(product_items(1_000)):
        assert item["min_price_cents"] < price_cents(rank) < item["max_price_cents"]
        assert item["price_cents"] > 150  # prices shown go down to 150 below


def test_rounds_are_written_one_file_each(tmp_path: Path) -> None:
    paths = write_rounds(WORKLOAD, [Round(8, flawed=False), Round(4, flawed=False)], tmp_path)
    assert [len(path.read_bytes().splitlines()) for path in paths] == [8, 4]
