"""How a cloud's session job is set: the template's parameters, checked before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from localaws.durations import millis
from localaws.errors import LocalCloudError

SessionMode = Literal["lab", "lab_all", "live", "closed"]
# Of the template, in the order of the fields.
_PARAMETERS = (
    "SessionGap",
    "SessionMode",
    "SessionLateness",
    "SessionMaxLength",
    "SessionHistory",
)


@dataclass(frozen=True)
class SessionSettings:
    """What a session is, and which rows leave the job.

    Attributes:
        gap: a longer pause of a user's events ends the session.
        lateness: how far an event may be behind its user's latest one.
        max_length: an event more than this after a session's start starts another.
        history: how much longer than needed a user without events is remembered.

    Raises:
        LocalCloudError: a duration is none.
    """

    gap: str = "30 minutes"
    mode: str = "live"
    lateness: str = "10 minutes"
    max_length: str = "24 hours"
    history: str = "0 seconds"

    def __post_init__(self) -> None:
        if not self.gap_ms:
            raise LocalCloudError(f"gap: found {self.gap!r}; allowed are durations from 1 second")
        # Found wrong here, not at their first use.
        _ = self.lateness_ms, self.history_ms

    @property
    def gap_ms(self) -> int:
        """The gap in milliseconds."""
        return millis("gap", self.gap)

    @property
    def max_length_ms(self) -> int:
        """The greatest length in milliseconds."""
        return millis("greatest length", self.max_length)

    @property
    def lateness_ms(self) -> int:
        """The allowed lateness in milliseconds."""
        return millis("allowed lateness", self.lateness)

    @property
    def history_ms(self) -> int:
        """The history in milliseconds."""
        return millis("history", self.history)

    def parameters(self, window_seconds: int) -> dict[str, str]:
        """The template's parameters of the session job."""
        return {
            "SessionGap": self.gap,
            "SessionMode": self.mode,
            "SessionLateness": self.lateness,
            "SessionMaxLength": self.max_length,
            "SessionHistory": self.history,
            "SessionWindow": f"{window_seconds} seconds",
        }

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> SessionSettings:
        """The settings of a cloud that was started with `parameters`."""
        return cls(*(parameters[name] for name in _PARAMETERS))
