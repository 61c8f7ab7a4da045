"""The score of the Numenta Anomaly Benchmark: small cases worked by hand."""

import math

import numpy as np
import pytest

from localaws.detect import nab
from localaws.detect.nab import PROFILES, Rows

STANDARD = PROFILES["standard"]


def raised(*alerts: int, rows: int = 100) -> np.ndarray:
    found = np.zeros(rows, dtype=bool)
    found[list(alerts)] = True
    return found


def scored(windows: list[Rows], *alerts: int, profile: str = "standard") -> float | None:
    return nab.score([nab.labelled(100, windows)], [raised(*alerts)], PROFILES[profile])


def sigmoid(distance: float) -> float:
    return 2 / (1 + math.exp(5 * distance)) - 1


@pytest.mark.parametrize(
    ("rows", "expected"), [(0, 0), (6, 0), (7, 1), (100, 15), (5_000, 750), (22_695, 750)]
)
def test_the_first_15_percent_do_not_count_and_at_most_750_rows(rows: int, expected: int) -> None:
    assert nab.probation(rows) == expected


@pytest.mark.parametrize(
    ("alerts", "expected"),
    [
        ([], 0),
        ([40], 100),
        ([40, 41, 49], 100),
        ([49], 100 * (sigmoid(-0.1) / sigmoid(-1) + 1) / 2),
        ([3], 0),
        ([20], 100 * -0.11 / 2),
        ([20, 30], 100 * -0.22 / 2),
        ([40, 50], 100 * (1 + 0.11 * sigmoid(1 / 9) + 1) / 2),
        ([40, 76], 100 * (1 + 0.11 * sigmoid(3) + 1) / 2),
        ([40, 77], 100 * (1 - 0.11 + 1) / 2),
    ],
    ids=[
        "nothing is 0",
        "the first row of the window is perfect",
        "a window counts by its first alert alone",
        "its last row is worth little",
        "the probationary period does not count",
        "a false alert far from windows costs in full",
        "two of them cost twice",
        "one just past the window costs little",
        "three widths past it nearly all",
        "beyond, all",
    ],
)
def test_the_standard_score_of_a_window_of_ten_rows(alerts: list[int], expected: float) -> None:
    assert scored([(40, 49)], *alerts) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("profile", "expected"),
    [("standard", -5.5), ("reward_low_FP", -11), ("reward_low_FN", -11 / 3)],
)
def test_the_profiles_weigh_a_false_alert_against_a_miss(profile: str, expected: float) -> None:
    assert scored([(40, 49)], 20, profile=profile) == pytest.approx(expected)


def test_a_window_within_the_probationary_period_is_none_and_one_that_leaves_it_is() -> None:
    assert scored([(2, 11)], 5) is None
    assert scored([(2, 11), (40, 49)], 40) == pytest.approx(100)
    assert scored([(10, 19)], 15) == pytest.approx(100 * (sigmoid(-0.5) / sigmoid(-1) + 1) / 2)
    assert scored([(10, 19)], 12) == 0


def test_a_window_of_one_row_and_one_at_the_end() -> None:
    assert scored([(40, 40), (99, 99)], 40, 99) == pytest.approx(100)


def test_series_without_windows_count_by_their_false_alerts() -> None:
    series = [nab.labelled(100, [(40, 49)]), nab.labelled(100, [])]
    found = nab.score(series, [raised(40), raised(50, 60)], STANDARD)
    assert found == pytest.approx(100 * (1 - 0.22 + 1) / 2)
    assert nab.tally(series, [raised(40), raised(50, 60, 3)]) == nab.Tally(1, 1, 2)


def test_the_best_threshold_is_what_trying_all_finds() -> None:
    rng = np.random.default_rng(1)
    series = [nab.labelled(300, [(100, 129), (200, 219)]), nab.labelled(200, [(60, 79)])]
    scores = [rng.integers(0, 40, 300) / 40, rng.integers(0, 40, 200) / 40]
    scores[0][101], scores[1][70] = 1.0, 1.2
    for weights in PROFILES.values():
        tried = {
            level: nab.score(series, [found >= level for found in scores], weights)
            for level in np.unique(np.concatenate(scores))
        }
        best = nab.best(series, scores, weights)
        assert best is not None
        assert best[0] == pytest.approx(max(tried.values()))
        assert tried[best[1]] == pytest.approx(best[0])


def test_the_best_of_scores_that_say_nothing_is_no_alert() -> None:
    series = [nab.labelled(100, [(40, 49)])]
    assert nab.best(series, [np.zeros(100)], STANDARD) == (0.0, math.inf)
