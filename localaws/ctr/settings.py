"""How a cloud's job of click-through rates is set: the template's parameters, checked early."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from localaws.durations import millis
from localaws.errors import LocalCloudError

Profile = Literal["lab", "default"]
DEFAULT_PROFILE: Profile = "default"
# The lab's windows were closed as they ended.
_LATENESS: dict[str, str] = {"lab": "0 seconds", "default": "10 seconds"}
# Of the template, in the order of the fields.
_PARAMETERS = ("CtrProfile", "CtrLateness", "CtrClearAfter", "CtrCoolDownSeconds")


@dataclass(frozen=True)
class CtrSettings:
    """How windows are judged, and what is told of them.

    Attributes:
        profile: `lab` scores as the lab did and tells of each anomaly; `default` tells of
            incidents.
        lateness: how much later than its end a window is closed; None for the profile's own.
        clear_after: a site that has been as usual for so long is told as cleared.
        cool_down: seconds of event time in which an incident that goes on is not told again.

    Raises:
        LocalCloudError: a duration is none, or the cool-down is shorter than `clear_after`.
    """

    profile: str = DEFAULT_PROFILE
    lateness: str | None = None
    clear_after: str = "1 minute"
    cool_down: int = 600

    def __post_init__(self) -> None:
        # Found wrong here, not at their first use.
        _ = self.lateness_ms
        if self.cool_down * 1_000 < self.clear_after_ms:
            raise LocalCloudError(
                f"cool-down: found {self.cool_down} seconds; allowed is no less than it takes to"
                f" find a site as usual again, {self.clear_after}"
            )

    @property
    def allowed_lateness(self) -> str:
        """The lateness that holds."""
        return _LATENESS[self.profile] if self.lateness is None else self.lateness

    @property
    def lateness_ms(self) -> int:
        """The same in milliseconds."""
        return millis("allowed lateness", self.allowed_lateness)

    @property
    def clear_after_ms(self) -> int:
        """How long a site must be as usual, in milliseconds."""
        return millis("clear after", self.clear_after)

    def parameters(self, window_seconds: int) -> dict[str, str]:
        """The template's parameters of the job and its function."""
        return {
            "CtrProfile": self.profile,
            "CtrLateness": self.allowed_lateness,
            "CtrClearAfter": self.clear_after,
            "CtrCoolDownSeconds": str(self.cool_down),
            "CtrWindow": f"{window_seconds} seconds",
        }

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> CtrSettings:
        """The settings of a cloud that was started with `parameters`."""
        profile, lateness, clear_after, cool_down = (parameters[name] for name in _PARAMETERS)
        return cls(profile, lateness, clear_after, int(cool_down))
