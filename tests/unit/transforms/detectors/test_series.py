import math
import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.detectors.forest import Forest, ForestError, ForestSettings, PointError
from transforms.detectors.series import (
    SERVICE,
    VIEWS,
    Judged,
    SeriesDetector,
    SeriesSettings,
    ServiceDetector,
    ViewsDetector,
)

SMALL = replace(VIEWS, forest=ForestSettings(trees=10, sample=256))


def judged(detector: SeriesDetector, values: Iterable[float]) -> list[Judged]:
    return [detector.observe(value) for value in values]


def alerts(values: Iterable[float]) -> list[int]:
    found = judged(ViewsDetector(), values)
    return [row for row, verdict in enumerate(found) if verdict.alert]


def noise(count: int, level: float = 0.0, size: float = 1.0, seed: int = 1) -> list[float]:
    rng = random.Random(seed)
    return [level + size * rng.random() for _ in range(count)]


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.floats(-1e30, 1e30) | st.sampled_from([0.0, 1.0, 100.0]), max_size=150),
    st.integers(0, 150),
)
def test_later_values_change_no_verdict(values: list[float], known: int) -> None:
    for detector in (ServiceDetector, lambda: ViewsDetector(SMALL)):
        assert judged(detector(), values[:known]) == judged(detector(), values)[:known]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(-1e30, 1e30) | st.sampled_from([0.0, 1.0]), max_size=150))
def test_scores_are_shares_and_an_alert_is_above_the_threshold(values: list[float]) -> None:
    for score, alert in judged(ViewsDetector(SMALL), values):
        assert 0 <= score <= 1
        assert alert is (score > SMALL.threshold)


def test_the_lab_profile_scores_as_the_forest_does() -> None:
    values = [*noise(100), 9.0, *noise(20, seed=2)]
    forest, scores = Forest(ForestSettings()), []
    for value in values:
        scores.append(forest.score([value]).value)
        forest.take([value])

    found = judged(ServiceDetector(), values)

    assert [score for score, _ in found] == scores
    assert [alert for _, alert in found] == [score > 2.0 for score in scores]
    assert found[100].alert


@pytest.mark.parametrize("size", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("level", [0.0, 1e6])
def test_a_spike_is_found_at_any_size_and_level(size: float, level: float) -> None:
    values = noise(1_000, level * size, size)
    values[700] += 5 * size
    assert 700 in alerts(values)


def test_a_short_series_is_judged_while_the_forest_fills() -> None:
    values = noise(200)
    values[150] = 9.0
    assert alerts(values) == [150]


def test_of_one_anomaly_the_first_value_is_an_alert() -> None:
    values = noise(1_000)
    values[700:720] = [9.0] * 20
    assert [row for row in alerts(values) if 700 <= row < 820] == [700]


def test_a_level_that_shifts_within_what_single_values_may_be_is_found() -> None:
    rng = random.Random(1)
    values = [rng.choice([0.0, 10.0]) for _ in range(1_500)]
    values += [rng.choices([0.0, 10.0], [1, 9])[0] for _ in range(200)]
    assert [row for row in alerts(values) if 1_500 <= row < 1_600]


def test_a_series_that_freezes_at_a_usual_value_is_found() -> None:
    values = noise(1_500) + [0.5] * 100
    assert [row for row in alerts(values) if row >= 1_500]


@pytest.mark.parametrize("usual", [100.0, -3e8, 0.0])
def test_a_constant_has_no_alert(usual: float) -> None:
    assert alerts([usual] * 1_000) == []


def test_the_rounding_of_a_constant_is_no_anomaly_and_a_true_change_of_it_is() -> None:
    assert alerts([100.0] * 1_000 + [100.0001] * 200) == []
    assert alerts([100.0] * 1_000 + [101.0] * 200) == [1_000]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e31])
@pytest.mark.parametrize("make", [ServiceDetector, ViewsDetector])
def test_a_value_that_no_forest_takes_is_refused_and_not_seen(make: type, value: float) -> None:
    disturbed, undisturbed = make(), make()
    judged(disturbed, noise(90)), judged(undisturbed, noise(90))
    with pytest.raises(PointError, match="allowed are numbers up to 1e"):
        disturbed.observe(value)
    more = noise(90, seed=2)
    assert judged(disturbed, more) == judged(undisturbed, more)


def test_the_seed_makes_the_scores() -> None:
    values = noise(300)
    other = replace(VIEWS, forest=replace(VIEWS.forest, seed=8))
    assert judged(ViewsDetector(), values) == judged(ViewsDetector(), values)
    assert judged(ViewsDetector(other), values) != judged(ViewsDetector(), values)


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"threshold": -0.1}, "threshold: found -0.1"), ({"novelty": -1}, "novelty: found -1")],
)
def test_settings_outside_of_what_is_allowed_are_named(changed: dict, message: str) -> None:
    with pytest.raises(ForestError, match=message):
        SeriesSettings(**{"forest": SERVICE.forest, "threshold": 2.0, **changed})
