import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.detectors.baseline import MEMORY, RESTART, WARM_UP
from transforms.detectors.default import DefaultDetector, Thresholds
from transforms.detectors.detector import WINDOW_MS, Verdict, Window, WindowError
from transforms.detectors.lab import LabDetector
from transforms.detectors.stored import StateError

AN_HOUR = 360
COUNTS = [(9, 10), (10, 10), (11, 10), (10, 9), (10, 11), (8, 12), (12, 8)]


def usual(count: int, clicks: float = 1, impressions: float = 1, seed: int = 1) -> list[Window]:
    """Windows of about 10 clicks and 10 impressions, or so many times it."""
    rng = random.Random(seed)
    drawn = [rng.choice(COUNTS) for _ in range(count)]
    return [
        Window(n * WINDOW_MS, round(c * clicks), round(i * impressions))
        for n, (c, i) in enumerate(drawn)
    ]


def fed(windows: list[Window], thresholds: Thresholds | None = None) -> DefaultDetector:
    detector = DefaultDetector(thresholds)
    for window in windows:
        detector.observe(window)
    return detector


def judged(detector: DefaultDetector, counts: list[tuple[int, int]], at: int) -> list[Verdict]:
    """The verdicts on counts of windows one after the other, from the `at`th on."""
    return [detector.observe(Window((at + n) * WINDOW_MS, *c)) for n, c in enumerate(counts)]


def anomalies(verdicts: list[Verdict]) -> list[int]:
    return [n for n, verdict in enumerate(verdicts) if verdict.is_anomaly]


def test_usual_traffic_is_no_anomaly_and_nothing_is_expected_before_the_warm_up() -> None:
    detector = DefaultDetector()
    verdicts = [detector.observe(window) for window in usual(AN_HOUR)]
    assert anomalies(verdicts) == []
    assert all(v.evidence is v.expected_percent is v.direction is None for v in verdicts[:WARM_UP])
    assert all(v.evidence is not None for v in verdicts[WARM_UP:])


def test_a_burst_of_clicks_is_an_anomaly_that_says_why() -> None:
    first, second = judged(fed(usual(AN_HOUR)), [(26, 10), (40, 10)], AN_HOUR)
    assert (first.is_anomaly, first.severity) == (False, 0)
    assert (second.is_anomaly, second.side, second.direction) == (True, "clicks", "up")
    assert second.evidence_seconds == 20
    assert second.severity == second.evidence
    assert second.severity == pytest.approx(7.2, abs=0.3)  # 66 to 20 where 43 each are expected
    assert second.expected_percent == pytest.approx(100, abs=5)
    assert second.expected_low_percent == pytest.approx(50, abs=10)
    assert second.expected_high_percent == pytest.approx(200, abs=40)
    assert second.attribution_high is not None
    assert second.attribution_low is not None
    assert second.attribution_high > 3 * second.attribution_low


@pytest.mark.parametrize(
    ("counts", "side", "direction"),
    [
        ([(0, 10), (0, 10), (0, 10)], "clicks", "down"),
        ([(10, 0), (10, 0), (10, 0)], "impressions", "up"),
        ([(10, 40), (10, 40), (10, 40)], "impressions", "down"),
    ],
    ids=["no clicks", "no impressions", "many impressions"],
)
def test_what_moved_and_where_to_is_told(
    counts: list[tuple[int, int]], side: str, direction: str
) -> None:
    last = judged(fed(usual(AN_HOUR)), counts, AN_HOUR)[-1]
    assert (last.is_anomaly, last.side, last.direction) == (True, side, direction)


def test_ten_times_the_traffic_at_the_usual_rate_is_no_anomaly() -> None:
    verdicts = judged(fed(usual(AN_HOUR)), [(100, 95), (98, 103), (0, 1), (1, 1)], AN_HOUR)
    assert anomalies(verdicts) == []


def test_the_tail_of_a_burst_is_no_anomaly() -> None:
    after = [(10, 10), (9, 10), (10, 11), (11, 10), (10, 10)]
    verdicts = judged(fed(usual(AN_HOUR)), [(40, 10), (40, 10), *after], AN_HOUR)
    assert anomalies(verdicts) == [0, 1]
    assert verdicts[2].severity == 0
    assert verdicts[2].evidence is not None
    assert verdicts[2].evidence > Thresholds().evidence


def test_a_burst_leaves_the_baseline_as_it_was() -> None:
    detector = fed(usual(AN_HOUR))
    before, *_, after = judged(detector, [(10, 10), *[(400, 10)] * 3, (10, 10)], AN_HOUR)
    assert before.expected_percent is not None
    assert after.expected_percent == pytest.approx(before.expected_percent, rel=0.1)


def test_a_level_that_stays_is_an_anomaly_until_it_is_learned() -> None:
    detector = fed(usual(AN_HOUR))
    higher = [(4 * w.clicks, w.impressions) for w in usual(2 * MEMORY, seed=2)]
    found = anomalies(judged(detector, higher, AN_HOUR))
    assert found[0] == 0
    assert len(found) > RESTART / 2
    assert found[-1] < 1.5 * RESTART


def test_windows_are_added_up_only_as_far_as_the_scale_reaches() -> None:
    detector = fed(usual(AN_HOUR))
    apart = [detector.observe(Window((AN_HOUR + 3 * n) * WINDOW_MS, 22, 10)) for n in range(3)]
    together = judged(fed(usual(AN_HOUR)), [(22, 10)] * 3, AN_HOUR)
    assert [verdict.evidence_seconds for verdict in apart] == [10, 10, 10]
    assert [verdict.evidence_seconds for verdict in together] == [10, 20, 30]
    assert (anomalies(apart), anomalies(together)) == ([], [2])


def test_a_window_missing_in_between_adds_nothing() -> None:
    detector = fed(usual(AN_HOUR))
    detector.observe(Window(AN_HOUR * WINDOW_MS, 24, 10))
    verdict = detector.observe(Window((AN_HOUR + 2) * WINDOW_MS, 24, 10))
    assert (verdict.evidence_seconds, verdict.side) == (30, "clicks")


@pytest.mark.parametrize(
    ("factor", "expected"), [(1.1, []), (0.9, []), (1.5, [0, 1]), (0.5, [0, 1])]
)
def test_of_huge_counts_only_an_effect_that_matters_is_an_anomaly(
    factor: float, expected: list[int]
) -> None:
    # far beyond chance either way: a million impressions, the rate steady to 1 %
    rng = random.Random(3)
    steady = [
        Window(n * WINDOW_MS, 20_000 + rng.randint(-200, 200), 1_000_000) for n in range(AN_HOUR)
    ]
    counts = [(round(20_000 * factor), 1_000_000)] * 2
    assert anomalies(judged(fed(steady), counts, AN_HOUR)) == expected


def test_a_site_of_few_clicks_is_judged_by_their_number() -> None:
    rng = random.Random(4)
    windows = [Window(n * WINDOW_MS, int(rng.random() < 0.2), 10) for n in range(AN_HOUR)]
    assert anomalies(judged(fed(windows), [(2, 10), (0, 10), (0, 10)], AN_HOUR)) == []
    assert anomalies(judged(fed(windows), [(6, 10)], AN_HOUR)) == [0]


def test_counts_that_always_scatter_widely_need_more_to_be_evidence() -> None:
    rng = random.Random(5)
    wild = [Window(n * WINDOW_MS, rng.choice((20, 400)), 1_000) for n in range(2 * AN_HOUR)]
    detector = DefaultDetector()
    assert anomalies([detector.observe(window) for window in wild][AN_HOUR:]) == []


@pytest.mark.parametrize(
    "thresholds",
    [Thresholds(evidence=9.0), Thresholds(effect=5.0), Thresholds(score=0.99)],
    ids=["evidence", "effect", "score"],
)
def test_each_threshold_alone_keeps_a_burst_from_being_an_anomaly(thresholds: Thresholds) -> None:
    counts = [(40, 10), (10, 10)]
    assert anomalies(judged(fed(usual(AN_HOUR)), counts, AN_HOUR)) == [0]
    assert anomalies(judged(fed(usual(AN_HOUR), thresholds), counts, AN_HOUR)) == []


SMALL = st.tuples(st.integers(0, 60), st.integers(0, 60)).filter(any)
ANY = st.tuples(st.integers(0, 2**53), st.integers(0, 2**53)).filter(any)
GAPS = st.integers(1, 4)


@settings(deadline=None)
@given(st.integers(0, 50), st.lists(st.tuples(SMALL, GAPS), min_size=1, max_size=20), st.data())
def test_a_stored_detector_goes_on_as_if_it_had_never_been_stored(
    before: int, drawn: list[tuple[tuple[int, int], int]], data: st.DataObject
) -> None:
    detector, undisturbed = fed(usual(before)), fed(usual(before))
    cut, at = data.draw(st.integers(0, len(drawn) - 1)), before
    for n, (counts, gap) in enumerate(drawn):
        if n == cut:
            detector = DefaultDetector(stored=detector.to_bytes())
        at += gap
        window = Window(at * WINDOW_MS, *counts)
        assert detector.observe(window) == undisturbed.observe(window)


@settings(deadline=None)
@given(st.integers(0, 40), st.lists(ANY, min_size=1, max_size=12))
def test_any_counts_give_numbers_and_an_anomaly_is_outside_of_the_band(
    before: int, drawn: list[tuple[int, int]]
) -> None:
    detector = fed(usual(before))
    for n, counts in enumerate(drawn):
        # a window a minute, so that nothing is added up
        window = Window((before + 6 * n) * WINDOW_MS, *counts)
        verdict = detector.observe(window)
        numbers = replace(verdict, side=None, direction=None).__dict__.values()
        assert all(math.isfinite(number) for number in numbers if number is not None)
        if verdict.is_anomaly:
            assert is_outside(window, verdict)


def is_outside(window: Window, verdict: Verdict) -> bool:
    percent = window.clicks / window.impressions * 100 if window.impressions else math.inf
    low, high = verdict.expected_low_percent, verdict.expected_high_percent
    return (low is not None and percent < low * 1.001) or (
        high is not None and percent > high / 1.001
    )


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (Window(400_000, -1, 1), "allowed are counts from 0 to"),
        (Window(400_000, 1, 2**53 + 1), "allowed are counts from 0 to"),
        (Window(400_000, 0, 0), "without any action"),
        (Window(400_001, 1, 1), "multiples of 10000 ms"),
        (Window(390_000, 1, 1), "is not after the window that starts at 390000"),
    ],
)
def test_a_window_that_is_none_is_refused_and_changes_nothing(window: Window, message: str) -> None:
    detector, undisturbed = fed(usual(40)), fed(usual(40))
    with pytest.raises(WindowError, match=message):
        detector.observe(window)
    after = Window(400_000, 30, 10)
    assert detector.observe(after) == undisturbed.observe(after)


def test_damaged_bytes_and_those_of_another_detector_are_refused() -> None:
    stored = fed(usual(40)).to_bytes()
    with pytest.raises(StateError, match="checksum differs"):
        DefaultDetector(stored=stored[:-1] + bytes([stored[-1] ^ 255]))
    with pytest.raises(StateError, match="kind b'LAB1'; allowed is b'DEF1'"):
        DefaultDetector(stored=LabDetector().to_bytes())
