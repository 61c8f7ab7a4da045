"""The pure parts of the price benchmarks: plans, comparisons, what programs say."""

from __future__ import annotations

import pytest

from benchmarks.metered_emulator import units_of_items, units_of_page
from benchmarks.price_events import Workload
from benchmarks.price_job import BenchmarkError, parse_line
from benchmarks.price_stream import PAGE
from benchmarks.price_throughput import rounds_of
from benchmarks.price_turns import Side, check_equal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('2026-01-01 INFO GlueLogger: {"batch_id": 3}', {"batch_id": 3}),
        ('{"candidates": 5}', {"candidates": 5}),
        ("glue.driver.streaming.numRecords=5", None),
        ("KeyError: {not json", None),
    ],
    ids=["logged", "bare", "no object", "broken"],
)
def test_a_line_is_read_for_the_object_at_its_end(text: str, expected: object) -> None:
    assert parse_line(text) == expected


def test_the_plan_is_lead_in_three_warm_rounds_the_counted_three_flawed_and_a_spare() -> None:
    plan = rounds_of(Workload(events=400, shards=4), 2)
    assert [wanted.events for wanted in plan] == [4 * PAGE, *[400] * 9]
    assert [wanted.flawed for wanted in plan] == [*[False] * 6, *[True] * 3, False]


def test_speed_and_cpu_are_those_of_the_median_round() -> None:
    side = Side(200_000, seconds=[9.0, 4.0, 2.0, 1.0], cpu_seconds=[9.0, 6.0, 4.0, 5.0]).part(1)
    assert side.records_per_second == 100_000
    assert side.cpu_seconds_per_million == 25.0


def test_equal_candidates_are_counted() -> None:
    assert check_equal({("p", "c"): {"clicks": 1}}, {("p", "c"): {"clicks": 1}}) == 1


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({("p", "c"): {"clicks": 1, "users": 2}}, r"\('p', 'c'\).*differ in \['clicks'\]"),
        ({}, r"\('p', 'c'\).*differ in \['clicks', 'users'\]"),
    ],
    ids=["another value", "missing"],
)
def test_different_candidates_are_named_with_their_attributes(
    found: dict[tuple[str, str], dict[str, int]], message: str
) -> None:
    with pytest.raises(BenchmarkError, match=message):
        check_equal(found, {("p", "c"): {"clicks": 3, "users": 2}})


@pytest.mark.parametrize(
    ("size", "consistent", "units"),
    [(0, True, 1), (0, False, 0.5), (4_096, True, 1), (4_097, True, 2), (20_000, False, 2.5)],
)
def test_a_page_costs_a_unit_for_each_4_kilobytes_begun_half_when_eventually_consistent(
    size: int, consistent: bool, units: float
) -> None:
    assert units_of_page(size, consistent=consistent) == units


def test_a_batch_rounds_each_item_up_and_pays_for_missing_ones() -> None:
    assert units_of_items([100, 5_000, 0], consistent=True) == 4
    assert units_of_items([100, 5_000, 0], consistent=False) == 2
