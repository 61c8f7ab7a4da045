"""Detectors by name: what a job is told, and the detector of a site that follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from catalog.ctr import PROFILES
from transforms.detectors import default, lab
from transforms.detectors.default import DefaultDetector
from transforms.detectors.detector import Detector
from transforms.detectors.forest import ForestSettings
from transforms.detectors.lab import LabDetector


class DetectorSettingsError(ValueError):
    """Raised when a setting of a detector is not allowed; says which, and what is."""


@dataclass(frozen=True)
class DetectorSettings:
    """Which detector, and its thresholds; None is the profile's own.

    Attributes:
        profile: `lab` or `default`.
        score: above it the forest's score is that of an anomaly; in profile lab bits, 0 to 3.58,
            in profile default a share of the highest, 0 to 1.
        evidence: standard deviations that the counts must miss what is expected by, 0.1 to
            100; profile default only.
        effect: relative change of the click-through rate below which nothing is an anomaly, 0 to
            100; 0.2 is 20 %: up to 1.2 times, down to 1 / 1.2; profile default only.

    Raises:
        DetectorSettingsError: a value is outside of these.
    """

    profile: str = "default"
    score: float | None = None
    evidence: float | None = None
    effect: float | None = None

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise _error("profile", self.profile, " or ".join(PROFILES))
        is_lab = self.profile == "lab"
        most_score = math.log2(lab.FOREST.sample) if is_lab else 1.0
        _check("score", self.score, 0.0, most_score)
        for name, least in (("evidence", 0.1), ("effect", 0.0)):
            if is_lab and getattr(self, name) is not None:
                raise DetectorSettingsError(
                    f"{name}: found {getattr(self, name)!r}; profile lab has none: leave it out"
                )
            _check(name, getattr(self, name), least, 100.0)


def make(settings: DetectorSettings, stored: bytes | None = None) -> Detector:
    """The detector of a site: a new one, or the one stored by `to_bytes`.

    Raises:
        StateError: the bytes are none of a detector of this profile.
    """
    score = settings.score
    if settings.profile == "lab":
        return LabDetector(lab.THRESHOLD if score is None else score, stored)
    own = default.Thresholds()
    thresholds = default.Thresholds(
        score=own.score if score is None else score,
        evidence=own.evidence if settings.evidence is None else settings.evidence,
        effect=own.effect if settings.effect is None else settings.effect,
    )
    return DefaultDetector(thresholds, stored)


def terms(settings: DetectorSettings) -> dict[str, str]:
    """What a stored detector depends on: one stored under other terms is not to be gone on with.

    The thresholds are not of them: they can be changed without forgetting what was learned.
    """
    if settings.profile == "lab":
        return {"profile": "lab", "detector": lab.LAYOUT, "forest": _forest(lab.FOREST)}
    return {
        "profile": "default",
        "detector": default.LAYOUT,
        "forest": _forest(default.FOREST),
        "baseline": default.BASELINE,
    }


def _forest(settings: ForestSettings) -> str:
    names = ("trees", "sample", "decay", "shingle", "dimensions", "seed")
    return ", ".join(f"{name} {getattr(settings, name)}" for name in names)


def _check(name: str, found: float | None, least: float, most: float) -> None:
    if found is not None and not least <= found <= most:
        raise _error(name, found, f"{least:g} to {most:.3g}")


def _error(name: str, found: object, allowed: str) -> DetectorSettingsError:
    return DetectorSettingsError(f"{name}: found {found!r}; allowed are {allowed}")
