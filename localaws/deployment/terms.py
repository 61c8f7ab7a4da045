"""The terms that a job's state is kept on, from its arguments: as the job itself says them.

A checkpoint whose state was made on other terms is refused by the job when it starts
(glue_jobs/standings.py); here the same is found before anything is deployed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from localaws.durations import millis
from transforms.detectors.profiles import DetectorSettings, terms

Arguments = Mapping[str, str]
_DURATIONS = ("gap", "max-length", "allowed-lateness", "history")


@dataclass(frozen=True)
class StateOf:
    """The state of a job: the folder beside its checkpoint, and its terms by argument."""

    folder: str
    terms: Callable[[Arguments], dict[str, str]]


def session_terms(arguments: Arguments) -> dict[str, str]:
    """Of click_sessions.

    Raises:
        LocalCloudError: a duration is none.
    """
    seconds = {
        name: millis(f"--{name}", arguments[f"--{name}"]) // 1_000
        for name in _DURATIONS
        if f"--{name}" in arguments
    }
    return {
        "mode": arguments["--mode"],
        **{name: f"{value} seconds" for name, value in seconds.items()},
    }


def ctr_terms(arguments: Arguments) -> dict[str, str]:
    """Of ctr_anomalies."""
    settings = DetectorSettings(profile=arguments["--profile"])
    return {"profile": "; ".join(terms(settings).values())}


STATES: Mapping[str, StateOf] = {
    "click_sessions": StateOf("sessions", session_terms),
    "ctr_anomalies": StateOf("ctr", ctr_terms),
}
