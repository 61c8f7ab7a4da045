"""A detector goes on as if it had never been away, however it was kept."""

from dataclasses import dataclass, field
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.ctr_residents import EVERY, Resident, Residents, StoredDetectors
from transforms.ctr_sites import Clock, Judged, Site, Terms, advance
from transforms.detectors.detector import Verdict, Window

TERMS = Terms(clear_after=None)


@dataclass
class Summing:
    """Its score is the sum of all clicks so far, in their order."""

    sum: int = 0

    def observe(self, window: Window) -> Verdict:
        self.sum = (self.sum * 31 + window.clicks) % 1_000_003
        return Verdict(severity=float(self.sum))

    def to_bytes(self) -> bytes:
        return str(self.sum).encode()

    @classmethod
    def of(cls, stored: bytes | None) -> Self:
        return cls(int(stored or b"0"))


@dataclass
class Memory:
    """Snapshots in a list; counts what is read."""

    stored: list[bytes] = field(default_factory=list)
    reads: int = 0

    def add(self, stored: bytes) -> str:
        self.stored.append(stored)
        return str(len(self.stored) - 1)

    def read(self, reference: str) -> bytes:
        self.reads += 1
        return self.stored[int(reference)]

    def renewed(self, reference: str) -> str:
        return reference


def windows(*batches: int) -> list[list[Window]]:
    """Batches of so many windows each."""
    numbers = iter(range(sum(batches)))
    return [[Window(n * 10_000, n % 7, 1) for n in (next(numbers) for _ in range(count))]
            for count in batches]  # fmt: skip


def scores(batches: list[list[Window]], *kept: StoredDetectors) -> list[float]:
    """The scores of a site whose batches go to these in turn."""
    site: Site | None = None
    found, before = [], 0
    for number, batch in enumerate(batches):
        now = batch[-1].start + 10_000 if batch else before
        detectors = kept[number % len(kept)]
        moved = advance("site", site, batch, Clock(before, now), TERMS, detectors)
        found += [row.verdict.severity for row in moved.rows if isinstance(row, Judged)]
        site, before = moved.site, now
        if site is not None:
            assert len(site.log) < 2 * EVERY
    return found


def stored(snapshots: Memory, room: int = 100) -> StoredDetectors:
    return StoredDetectors(Summing.of, snapshots, Residents(room))


@given(st.lists(st.integers(1, 2 * EVERY - 1), max_size=20), st.integers(1, 3), st.integers(0, 1))
def test_processes_that_take_turns_score_as_one_that_was_never_stopped(
    sizes: list[int], processes: int, room: int
) -> None:
    batches = windows(*sizes)
    alone = Summing()
    expected = [alone.observe(window).severity for batch in batches for window in batch]
    snapshots = Memory()

    assert scores(batches, *(stored(snapshots, room) for _ in range(processes))) == expected


def test_a_detector_in_memory_is_not_read_again() -> None:
    snapshots = Memory()
    scores(windows(*[1] * 100), stored(snapshots))
    assert snapshots.reads == 0
    assert len(snapshots.stored) in (100 // EVERY - 1, 100 // EVERY)


def test_a_detector_of_a_try_that_failed_is_not_taken_for_the_right_one() -> None:
    """The failed try saw other counts in as many windows."""
    snapshots = Memory()
    detectors = stored(snapshots)
    first, second = windows(3, 2)
    moved = advance("site", None, first, Clock(0, 30_000), TERMS, detectors)
    wrong = [Window(start, clicks + 1, 1) for start, clicks, _ in second]
    clock = Clock(30_000, 50_000)

    advance("site", moved.site, wrong, clock, TERMS, detectors)
    again = advance("site", moved.site, second, clock, TERMS, detectors)

    fresh = advance("site", moved.site, second, clock, TERMS, stored(snapshots))
    assert again.rows == fresh.rows


def test_a_detector_that_failed_in_the_middle_is_not_used_again() -> None:
    class Failing(Summing):
        def observe(self, window: Window) -> Verdict:
            verdict = super().observe(window)
            if window.clicks == 4 and not seen:
                seen.append(window)
                raise OSError("killed")
            return verdict

    seen: list[Window] = []
    detectors = StoredDetectors(Failing.of, Memory(), Residents())
    first, second = windows(3, 3)
    moved = advance("site", None, first, Clock(0, 30_000), TERMS, detectors)
    clock = Clock(30_000, 60_000)
    with pytest.raises(OSError, match="killed"):
        advance("site", moved.site, second, clock, TERMS, detectors)

    again = advance("site", moved.site, second, clock, TERMS, detectors)
    fresh = advance("site", moved.site, second, clock, TERMS, stored(Memory()))
    assert again.rows == fresh.rows


def test_without_room_for_all_those_that_are_in_stay() -> None:
    residents = Residents(room=2)
    detectors = StoredDetectors(Summing.of, Memory(), residents)
    for name in ("a", "b", "c", "a"):
        advance(name, None, windows(1)[0], Clock(0, 10_000), TERMS, detectors)
    assert set(residents.kept) == {"a", "b"}


def test_a_detector_that_nobody_asks_for_makes_room_in_the_end() -> None:
    residents = Residents(room=2)
    for name in ("gone", *["b", "c"] * 10):
        residents.take(name)
        residents.put(name, Resident(1, 0, Summing()))
    assert set(residents.kept) == {"b", "c"}


def test_a_site_seen_once_stores_nothing() -> None:
    snapshots = Memory()
    for number in range(200):
        detectors = stored(snapshots)
        advance(f"site-{number}", None, windows(1)[0], Clock(0, 10_000), TERMS, detectors)
    assert snapshots.stored == []
