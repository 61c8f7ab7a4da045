"""Windows are closed by the watermark, judged once and in their order, and nothing is lost."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from transforms.ctr_sites import (
    DAY_MS,
    Cleared,
    Clock,
    Judged,
    Moved,
    Site,
    Terms,
    advance,
    by_site,
)
from transforms.detectors.detector import Detector, Verdict, Window

TERMS = Terms(clear_after=30_000)
FAR = 10**12


@dataclass
class Alarming:
    """A detector that finds everything above 100 % unusual, and remembers what it saw."""

    saw: list[Window] = field(default_factory=list)

    def observe(self, window: Window) -> Verdict:
        self.saw.append(window)
        is_anomaly, judges = window.clicks > window.impressions, window.clicks > 0
        return Verdict(is_anomaly, severity=1.0, evidence=1.0 if judges else None)

    def to_bytes(self) -> bytes:
        return b""


class OneDetector:
    """The same detector for every batch of the one site."""

    def __init__(self) -> None:
        self.detector = Alarming()

    def of(self, name: str, site: Site) -> Detector:
        return self.detector

    def keep(self, name: str, before: Site, after: Site, detector: Detector) -> Site:
        return replace(after, log=())

    def renewed(self, site: Site) -> Site:
        return site


def moved(
    site: Site | None, *counts: Window, before: int = 0, now: int = FAR, terms: Terms = TERMS
) -> Moved:
    return advance("a", site, counts, Clock(before, now), terms, OneDetector())


def windows(found: Moved) -> list[Window]:
    return [row.window for row in found.rows if isinstance(row, Judged)]


def test_a_window_stays_open_until_the_watermark_is_past_it() -> None:
    first = moved(None, Window(0, 1, 2), Window(10_000, 3, 4), now=19_999)

    assert windows(first) == [Window(0, 1, 2)]
    assert first.site is not None
    assert first.site.pending == (Window(10_000, 3, 4),)

    second = moved(first.site, Window(10_000, 1, 0), before=19_999, now=20_000)
    assert windows(second) == [Window(10_000, 4, 4)]
    assert second.late == []


def test_what_comes_for_a_window_that_was_closed_is_late_and_changes_nothing() -> None:
    found = moved(None, Window(0, 1, 0), Window(10_000, 1, 1), before=10_000)

    assert found.late == [0]
    assert windows(found) == [Window(10_000, 1, 1)]


def test_windows_are_judged_in_their_order_whatever_the_order_of_the_counts() -> None:
    found = moved(None, Window(20_000, 1, 1), Window(0, 1, 1), Window(20_000, 1, 0))
    assert windows(found) == [Window(0, 1, 1), Window(20_000, 2, 1)]


def test_a_site_is_cleared_once_when_it_was_as_usual_for_long_enough() -> None:
    alarmed = moved(None, Window(0, 9, 1), now=10_000)
    still = moved(alarmed.site, before=10_000, now=39_999)
    cleared = moved(still.site, before=39_999, now=40_000)
    after = moved(cleared.site, before=40_000, now=FAR)

    last = alarmed.rows[0]
    assert isinstance(last, Judged)
    assert still.rows == after.rows == []
    assert cleared.rows == [Cleared(last, 40_000, "silent")]


def test_a_site_is_cleared_before_its_next_anomaly_in_the_same_batch() -> None:
    found = moved(None, Window(0, 9, 1), Window(20_000, 9, 1), Window(60_000, 9, 1), now=70_000)

    kinds = [type(row).__name__ for row in found.rows]
    assert kinds == ["Judged", "Judged", "Cleared", "Judged"]
    assert isinstance(found.rows[2], Cleared)
    assert found.rows[2].at == 60_000


def test_why_an_alarm_ended_is_told() -> None:
    """As usual again, no action since, or actions that nobody could judge."""
    anomaly, usual, unjudged = Window(0, 9, 1), Window(10_000, 1, 1), Window(20_000, 0, 1)
    for since, because in (
        ((usual, unjudged), "usual"),
        ((unjudged,), "unjudged"),
        ((), "silent"),
    ):
        *_, cleared = moved(None, anomaly, *since, now=40_000).rows
        assert isinstance(cleared, Cleared)
        assert cleared.because == because


def test_a_second_anomaly_forgets_what_there_was_before_it() -> None:
    found = moved(None, Window(0, 9, 1), Window(10_000, 1, 1), Window(20_000, 9, 1), now=FAR)
    assert isinstance(found.rows[-1], Cleared)
    assert found.rows[-1].because == "silent"


def test_nobody_is_told_where_nobody_wants_to_know() -> None:
    terms = Terms(clear_after=None)
    found = moved(None, Window(0, 9, 1), terms=terms)
    assert [type(row) for row in found.rows] == [Judged]
    assert moved(found.site, now=FAR, terms=terms).site is None


def test_a_site_is_forgotten_after_a_week_without_actions() -> None:
    found = moved(None, Window(0, 1, 1), now=20_000)

    assert moved(found.site, now=10_000 + 7 * DAY_MS - 1).site is not None
    assert moved(found.site, now=10_000 + 7 * DAY_MS).site is None


def test_a_site_that_has_a_window_in_the_future_is_kept_until_then() -> None:
    found = moved(None, Window(DAY_MS, 1, 1), now=20_000)
    assert found.rows == []
    assert found.site is not None
    assert windows(moved(found.site, now=DAY_MS + 10_000)) == [Window(DAY_MS, 1, 1)]


def test_the_state_as_text_is_the_same_state() -> None:
    site = Site(
        pending=(Window(30_000, 1, 2),),
        log=(Window(0, 1, 1), Window(10_000, 2, 1)),
        seen=20,
        mark=-(2**63),
        snapshot="snapshots-3-1:0:10:20",
        alarm=Judged(Window(0, 9, 1), Verdict(is_anomaly=True, severity=4.5, side="clicks")),
        since="usual",
        latest=40_000,
    )
    assert Site.from_json(site.to_json()) == site


def test_rows_of_counts_and_of_the_state_find_their_site() -> None:
    site = Site(seen=3)
    rows = [
        {"site": "a", "window_start": 0, "clicks": 1, "impressions": 2, "state": None},
        {"site": "a", "window_start": None, "clicks": None, "impressions": None}
        | {"state": site.to_json()},
        {"site": "b", "window_start": 0, "clicks": 3, "impressions": 0, "state": None},
    ]
    assert by_site(rows) == {"a": (site, [Window(0, 1, 2)]), "b": (None, [Window(0, 3, 0)])}


COUNTS = st.lists(
    st.builds(
        Window, st.integers(0, 30).map(lambda n: n * 10_000), st.integers(0, 5), st.integers(0, 5)
    ),
    max_size=40,
)


@given(COUNTS, st.lists(st.integers(0, 400_000), max_size=6).map(sorted))
def test_every_count_is_in_one_window_or_late(found: list[Window], clocks: list[int]) -> None:
    """Whatever the batches, the counts of judged and pending windows and of late ones add up."""
    detectors, site, before, late, judged = OneDetector(), None, 0, 0, list[Window]()
    cuts = [*clocks, 500_000]
    for number, now in enumerate(cuts):
        share = found[number :: len(cuts)]
        step = advance("a", site, share, Clock(before, now), TERMS, detectors)
        late += sum(w.clicks + w.impressions for w in share if w.start + 10_000 <= before)
        assert sorted(step.late) == sorted(w.start for w in share if w.start + 10_000 <= before)
        judged += windows(step)
        site, before = step.site, now

    assert judged == sorted(judged)
    assert len({w.start for w in judged}) == len(judged)
    assert detectors.detector.saw == judged
    assert _sum(judged) + late == _sum(found)


def _sum(found: Iterable[Window]) -> int:
    return sum(window.clicks + window.impressions for window in found)
