"""Intervals of event time: they hold what they must, and no more than needed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.intervals import Interval, covering

HOUR = 3_600_000
DAY = 86_400_000

instants = st.integers(946_684_800_000, 4_102_444_800_000)
ranges = st.lists(
    st.tuples(instants, st.integers(0, 2 * HOUR)).map(lambda r: (r[0], r[0] + r[1])), max_size=40
)
margins = st.integers(0, 3 * HOUR)


def test_ranges_that_meet_once_they_are_widened_are_one() -> None:
    found = covering([(100, 110), (130, 140), (0, 5), (141, 141)], margin=10, at_most=9)
    assert found == [Interval(-10, 15), Interval(90, 151)]


def test_neighbouring_instants_are_one_interval() -> None:
    assert covering([(0, 4), (5, 9)], margin=0, at_most=9) == [Interval(0, 9)]
    assert covering([(0, 4), (6, 9)], margin=0, at_most=9) == [Interval(0, 4), Interval(6, 9)]


@pytest.mark.parametrize(
    ("at_most", "expected"),
    [
        (3, [(0, 1), (10, 11), (100, 101)]),
        (2, [(0, 11), (100, 101)]),
        (1, [(0, 101)]),
    ],
)
def test_of_too_many_the_nearest_are_joined(at_most: int, expected: list[tuple[int, int]]) -> None:
    found = covering([(100, 101), (0, 1), (10, 11)], margin=0, at_most=at_most)
    assert [(each.start, each.end) for each in found] == expected


def test_an_interval_knows_the_days_it_touches() -> None:
    assert Interval(DAY - 1, 2 * DAY).days == (0, 2)
    assert Interval(DAY, 2 * DAY - 1).days == (1, 1)


@given(ranges, margins, st.integers(1, 8))
def test_every_range_is_covered_with_its_margins_by_so_many_intervals_in_order(
    found: list[tuple[int, int]], margin: int, at_most: int
) -> None:
    intervals = covering(found, margin, at_most)
    assert len(intervals) <= at_most
    assert all(a.end + 1 < b.start for a, b in itertools.pairwise(intervals))
    for start, end in found:
        assert any(i.start <= start - margin and end + margin <= i.end for i in intervals)


@given(ranges, margins)
def test_without_a_limit_every_instant_of_an_interval_is_near_some_range(
    found: list[tuple[int, int]], margin: int
) -> None:
    ends = {start - margin for start, _ in found} | {end + margin for _, end in found}
    intervals = covering(found, margin, at_most=1_000)
    assert {i.start for i in intervals} | {i.end for i in intervals} <= ends
    covered = sum(i.end - i.start + 1 for i in intervals)
    assert covered <= sum(end - start + 1 + 2 * margin for start, end in found)


@given(ranges, margins, st.integers(1, 8), st.randoms())
def test_the_order_of_the_ranges_does_not_matter(
    found: list[tuple[int, int]], margin: int, at_most: int, random: object
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert covering(shuffled, margin, at_most) == covering(found, margin, at_most)
