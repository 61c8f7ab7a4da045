"""Intervals of event time: they hold what they must, and no more than needed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.intervals import Interval, covering

STEP = 600_000
HOUR = 6 * STEP
DAY = 24 * HOUR

instants = st.integers(946_684_800_000, 4_102_444_800_000)
ranges = st.lists(
    st.tuples(instants, st.integers(0, 2 * HOUR)).map(lambda r: (r[0], r[0] + r[1])), max_size=40
)
margins = st.integers(0, 3 * HOUR)


def steps(*intervals: tuple[int, int]) -> list[Interval]:
    """From the start of a step to the end of another, both counted from 1970."""
    return [Interval(first * STEP, last * STEP + STEP - 1) for first, last in intervals]


def test_an_interval_is_of_whole_steps_and_holds_the_margins() -> None:
    assert covering([(5 * STEP, 5 * STEP)], margin=0, at_most=9) == steps((5, 5))
    assert covering([(5 * STEP, 6 * STEP - 1)], margin=1, at_most=9) == steps((4, 6))


def test_batches_of_the_same_steps_have_the_same_intervals() -> None:
    one = covering([(STEP + 1, STEP + 2)], margin=HOUR, at_most=9)
    assert one == covering([(STEP + 70, STEP + 900)], margin=HOUR, at_most=9)


def test_ranges_that_meet_once_they_are_widened_are_one() -> None:
    ranges = [(20 * STEP, 21 * STEP), (24 * STEP, 24 * STEP), (0, 5), (28 * STEP, 28 * STEP)]
    assert covering(ranges, margin=STEP, at_most=9) == steps((-1, 1), (19, 25), (27, 29))


def test_neighbouring_steps_are_one_interval() -> None:
    assert covering([(0, 4), (STEP, STEP)], margin=0, at_most=9) == steps((0, 1))
    assert covering([(0, 4), (2 * STEP, 2 * STEP)], margin=0, at_most=9) == steps((0, 0), (2, 2))


@pytest.mark.parametrize(
    ("at_most", "expected"),
    [
        (3, [(0, 1), (10, 11), (100, 101)]),
        (2, [(0, 11), (100, 101)]),
        (1, [(0, 101)]),
    ],
)
def test_of_too_many_the_nearest_are_joined(at_most: int, expected: list[tuple[int, int]]) -> None:
    ranges = [(first * STEP, last * STEP) for first, last in [(100, 101), (0, 1), (10, 11)]]
    assert covering(ranges, margin=0, at_most=at_most) == steps(*expected)


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
def test_without_a_limit_every_interval_is_about_a_range_and_little_more(
    found: list[tuple[int, int]], margin: int
) -> None:
    intervals = covering(found, margin, at_most=1_000)
    covered = sum(i.end - i.start + 1 for i in intervals)
    assert covered <= sum(end - start + 1 + 2 * (margin + STEP) for start, end in found)
    for each in intervals:
        assert any(each.start <= start and end <= each.end for start, end in found)


@given(ranges, margins, st.integers(1, 8), st.randoms())
def test_the_order_of_the_ranges_does_not_matter(
    found: list[tuple[int, int]], margin: int, at_most: int, random: object
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert covering(shuffled, margin, at_most) == covering(found, margin, at_most)
