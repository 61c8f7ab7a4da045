"""Which runs of the state a batch writes anew, and which users' runs still matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glue_jobs.session_state import Run, Standing, split


def runs(*segments: int) -> tuple[Run, ...]:
    """Runs of these sizes, oldest first."""
    return tuple(Run(batch, count, latest=batch) for batch, count in enumerate(segments))


@pytest.mark.parametrize(
    ("sizes", "written", "stay"),
    [
        ((), 10, 0),
        ((20,), 10, 0),
        ((21,), 10, 1),
        ((1_000_000, 100), 50, 1),
        ((300, 100), 50, 0),
        ((301, 100), 50, 1),
        ((1, 1_000), 10, 2),
    ],
)
def test_runs_of_up_to_twice_what_is_written_are_written_anew(
    sizes: tuple[int, ...], written: int, stay: int
) -> None:
    assert split(runs(*sizes), written) == (runs(*sizes)[:stay], runs(*sizes)[stay:])


@given(st.lists(st.integers(1, 2_000), min_size=1, max_size=300))
def test_the_runs_stay_few_and_each_segment_is_written_few_times(sizes: list[int]) -> None:
    kept: tuple[Run, ...] = ()
    written = 0
    for batch, size in enumerate(sizes):
        stay, absorbed = split(kept, size)
        segments = size + sum(run.segments for run in absorbed)
        written += segments
        kept = (*stay, Run(batch, segments, latest=batch))
    total = sum(sizes)
    assert sum(run.segments for run in kept) == total
    assert len(kept) <= total.bit_length() + 1
    assert written <= total * (2 * total.bit_length() + 1)


def test_a_run_goes_when_all_its_users_are_forgotten() -> None:
    standing = Standing(partitions=2, clock=100, runs=(Run(0, 1, 69), Run(1, 1, 70)))
    assert standing.needed(keep_ms=30) == (Run(1, 1, 70),)
