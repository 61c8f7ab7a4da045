"""Profiles of the scorer: a detector with its settings, and what the command may change of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

from localaws.errors import LocalCloudError
from transforms.detectors.forest import ForestError
from transforms.detectors.series import (
    SERVICE,
    VIEWS,
    SeriesDetector,
    SeriesSettings,
    ServiceDetector,
    ViewsDetector,
)

ProfileName = Literal["default", "lab"]
_MADE: Final[Mapping[str, tuple[Callable[[SeriesSettings], SeriesDetector], SeriesSettings]]] = {
    "default": (ViewsDetector, VIEWS),
    "lab": (ServiceDetector, SERVICE),
}


@dataclass(frozen=True)
class Changes:
    """What is to be other than the profile has it; see `ForestSettings` and `SeriesSettings`."""

    trees: int | None = None
    sample: int | None = None
    decay: int | None = None
    shingle: int | None = None
    seed: int | None = None
    threshold: float | None = None
    novelty: int | None = None


@dataclass(frozen=True)
class Profile:
    """A detector and its settings."""

    name: ProfileName
    settings: SeriesSettings

    def detector(self) -> SeriesDetector:
        """A new detector, which has seen nothing."""
        return _MADE[self.name][0](self.settings)

    def to_json(self) -> dict[str, Any]:
        """Name and settings."""
        whole = asdict(self.settings)
        forest = {k: v for k, v in whole.pop("forest").items() if k != "dimensions"}
        return {"name": self.name, **forest, **whole}


def profile(name: ProfileName = "default", changes: Changes | None = None) -> Profile:
    """The profile of that name with the changes.

    Raises:
        LocalCloudError: a value is outside of what is allowed.
    """
    changed = {k: v for k, v in asdict(changes or Changes()).items() if v is not None}
    series = {k: changed.pop(k) for k in ("threshold", "novelty") if k in changed}
    settings = _MADE[name][1]
    try:
        forest = replace(settings.forest, **changed)
        return Profile(name, replace(settings, forest=forest, **series))
    except ForestError as error:
        raise LocalCloudError(f"--{error}") from error
