import pickle
import random

import pytest

from transforms.detectors.default import DefaultDetector, Thresholds
from transforms.detectors.detector import WINDOW_MS, Window
from transforms.detectors.lab import LabDetector
from transforms.detectors.profiles import DetectorSettings, DetectorSettingsError, make, terms
from transforms.detectors.stored import StateError

LAB, DEFAULT = DetectorSettings("lab"), DetectorSettings()


def test_a_profile_is_a_detector_with_its_own_thresholds_unless_told_others() -> None:
    lab, default = make(LAB), make(DEFAULT)
    assert isinstance(lab, LabDetector)
    assert isinstance(default, DefaultDetector)
    assert (lab.threshold, default.thresholds) == (2.0, Thresholds())

    other = make(DetectorSettings(score=0.5, evidence=6.0, effect=0.0))
    assert isinstance(other, DefaultDetector)
    assert other.thresholds == Thresholds(score=0.5, evidence=6.0, effect=0.0)
    strict = make(DetectorSettings("lab", score=3.0))
    assert isinstance(strict, LabDetector)
    assert strict.threshold == 3.0


@pytest.mark.parametrize("settings", [LAB, DEFAULT], ids=["lab", "default"])
def test_a_detector_is_made_from_what_one_of_its_profile_stored(settings: DetectorSettings) -> None:
    rng, first = random.Random(1), make(settings)
    for n in range(50):
        first.observe(Window(n * WINDOW_MS, rng.randint(5, 15), 10))
    again, window = make(settings, first.to_bytes()), Window(500_000, 40, 10)
    assert again.observe(window) == first.observe(window)

    with pytest.raises(StateError, match="a stored detector of the kind"):
        make(DEFAULT if settings is LAB else LAB, first.to_bytes())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"profile": "labs"}, "profile: found 'labs'; allowed are lab or default"),
        ({"profile": "lab", "score": 3.6}, "score: found 3.6; allowed are 0 to 3.58"),
        ({"score": 2.0}, "score: found 2.0; allowed are 0 to 1"),
        ({"evidence": 0.0}, "evidence: found 0.0; allowed are 0.1 to 100"),
        ({"effect": -0.1}, "effect: found -0.1; allowed are 0 to 100"),
        ({"effect": float("nan")}, "effect: found nan; allowed are 0 to 100"),
        ({"profile": "lab", "evidence": 4.0}, "evidence: found 4.0; profile lab has none"),
    ],
)
def test_a_setting_that_is_not_allowed_is_named(options: dict, message: str) -> None:
    with pytest.raises(DetectorSettingsError, match=message):
        DetectorSettings(**options)


def test_settings_go_to_other_processes() -> None:
    settings = DetectorSettings("lab", score=1.5)
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301


def test_the_terms_are_what_a_stored_detector_depends_on_and_not_the_thresholds() -> None:
    assert terms(LAB) == {
        "profile": "lab",
        "detector": "LAB1",
        "forest": "trees 100, sample 12, decay 100000, shingle 1, dimensions 1, seed 7",
    }
    assert terms(DEFAULT) == terms(DetectorSettings(evidence=6.0)) != terms(LAB)
