import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.detectors.forest import Forest, ForestError, ForestSettings, PointError

LAB = ForestSettings(trees=100, sample=12, decay=100_000, shingle=1)


def fed(settings: ForestSettings, points: list[float]) -> Forest:
    forest = Forest(settings)
    for point in points:
        forest.take([point])
    return forest


def usual(count: int, seed: int = 1) -> list[float]:
    rng = random.Random(seed)
    return [100 + rng.random() for _ in range(count)]


def test_as_many_scores_as_the_sample_are_zero_and_then_none_is() -> None:
    forest = Forest(LAB)
    scores = []
    for point in usual(20):
        scores.append(forest.score([point]).value)
        forest.take([point])

    assert scores[:12] == [0] * 12
    assert all(score > 0 for score in scores[12:])


def test_the_highest_score_is_log2_of_the_sample_size() -> None:
    score = fed(LAB, usual(200)).score([1e6])
    assert score.value == pytest.approx(math.log2(12), abs=0.2)
    assert 0.9 < score.share <= 1


def test_the_parts_of_the_attribution_add_up_to_the_score_and_say_the_direction() -> None:
    forest = fed(LAB, usual(200))
    for point, says_high in ((400.0, True), (-200.0, False)):
        parts = forest.attribution([point])
        assert sum(parts.high + parts.low) == pytest.approx(forest.score([point]).value)
        assert (parts.high[0] > parts.low[0]) is says_high


@given(st.integers(0, 60), st.integers(1, 40))
def test_a_stored_forest_goes_on_as_if_it_had_never_been_stored(before: int, after: int) -> None:
    points = usual(before + after)
    undisturbed = fed(LAB, points[:before])
    stored = Forest(LAB, undisturbed.to_bytes())

    for point in points[before:]:
        assert stored.score([point]) == undisturbed.score([point])
        undisturbed.take([point])
        stored.take([point])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, -2e30])
def test_a_value_that_would_corrupt_the_forest_is_refused_and_not_seen(value: float) -> None:
    forest = fed(LAB, usual(30))
    for refused in (forest.score, forest.take, forest.attribution):
        with pytest.raises(PointError, match="allowed are numbers up to 1e"):
            refused([value])
    assert forest.seen == 30


def test_a_point_of_another_size_is_refused() -> None:
    with pytest.raises(PointError, match="a point of 2 numbers; allowed are 1"):
        Forest(LAB).score([1.0, 2.0])


def test_settings_outside_of_what_is_allowed_are_named() -> None:
    with pytest.raises(ForestError, match="sample: found 1; allowed are 2 to 10000"):
        ForestSettings(sample=1)


def test_bytes_that_are_no_forest_are_refused() -> None:
    with pytest.raises(ForestError, match="4 bytes are no stored forest"):
        Forest(LAB, b"none")
