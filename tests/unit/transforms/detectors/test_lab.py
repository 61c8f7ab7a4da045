import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.detectors.detector import WINDOW_MS, Window, WindowError
from transforms.detectors.forest import Forest
from transforms.detectors.lab import FOREST, LabDetector
from transforms.detectors.stored import StateError

AN_HOUR = 360


def usual(count: int, seed: int = 1) -> list[Window]:
    rng = random.Random(seed)
    return [
        Window(n * WINDOW_MS, rng.choice((9, 10, 11)), rng.choice((9, 10, 11)))
        for n in range(count)
    ]


def fed(windows: list[Window]) -> LabDetector:
    detector = LabDetector()
    for window in windows:
        detector.observe(window)
    return detector


def test_the_forest_is_that_of_the_lab() -> None:
    assert dataclasses.astuple(FOREST)[:5] == (100, 12, 100_000, 1, 1)


def test_the_scores_are_those_of_the_forest_over_the_click_through_rates() -> None:
    detector, forest = LabDetector(), Forest(FOREST)
    for n, window in enumerate(usual(60)):
        verdict, percent = detector.observe(window), [window.clicks / window.impressions * 100]
        found = (verdict.anomaly_score, verdict.score_share)
        assert found == pytest.approx(dataclasses.astuple(forest.score(percent)))
        assert (verdict.anomaly_score == 0) is (n < 12)
        assert verdict.is_anomaly is (forest.score(percent).value > 2)
        forest.take(percent)


@pytest.mark.parametrize(("clicks", "impressions"), [(0, 10), (10, 0)])
def test_a_window_without_clicks_or_impressions_is_not_seen(clicks: int, impressions: int) -> None:
    windows = usual(41)
    undisturbed, disturbed = fed(windows[:40]), fed(windows[:40])

    unseen = disturbed.observe(Window(40 * WINDOW_MS, clicks, impressions))
    assert (unseen.is_anomaly, unseen.anomaly_score, unseen.direction) == (False, None, None)
    later = Window(41 * WINDOW_MS, 12, 10)
    assert disturbed.observe(later) == undisturbed.observe(later)


@pytest.mark.parametrize(("clicks", "direction"), [(40, "up"), (1, "down")])
def test_a_burst_is_an_anomaly_with_its_direction(clicks: int, direction: str) -> None:
    verdict = fed(usual(AN_HOUR)).observe(Window(AN_HOUR * WINDOW_MS, clicks, 10))
    assert (verdict.is_anomaly, verdict.direction) == (True, direction)
    assert verdict.anomaly_score is not None
    assert verdict.severity == verdict.anomaly_score > 2
    assert verdict.attribution_high is not None
    assert verdict.attribution_low is not None
    parts = verdict.attribution_high + verdict.attribution_low
    assert parts == pytest.approx(verdict.anomaly_score)
    assert verdict.evidence is verdict.expected_percent is verdict.side is None


@given(st.integers(0, 40), st.integers(1, 20))
def test_a_stored_detector_goes_on_as_if_it_had_never_been_stored(before: int, after: int) -> None:
    windows = usual(before + after)
    undisturbed = fed(windows[:before])
    stored = LabDetector(stored=undisturbed.to_bytes())
    assert [stored.observe(w) for w in windows[before:]] == [
        undisturbed.observe(w) for w in windows[before:]
    ]


def test_a_window_that_does_not_follow_is_refused_also_after_restoring() -> None:
    stored = LabDetector(stored=fed(usual(5)).to_bytes())
    with pytest.raises(WindowError, match="is not after the window that starts at 40000"):
        stored.observe(Window(4 * WINDOW_MS, 1, 1))


@pytest.mark.parametrize("place", [0, 3, 5, 9, 20, 40, 1_000, -1])
def test_a_changed_byte_is_found(place: int) -> None:
    stored = bytearray(fed(usual(20)).to_bytes())
    stored[place] ^= 1
    with pytest.raises(StateError, match="stored detector"):
        LabDetector(stored=bytes(stored))


@pytest.mark.parametrize("length", [0, 7, 30, 5_000])
def test_bytes_that_were_cut_short_are_refused(length: int) -> None:
    with pytest.raises(StateError, match=f"{length} bytes are no stored detector"):
        LabDetector(stored=fed(usual(20)).to_bytes()[:length])
