"""Settings of the session job: durations are checked before a cloud starts."""

from __future__ import annotations

import pytest

from localaws.errors import LocalCloudError
from localaws.sessions.settings import SessionSettings


@pytest.mark.parametrize(
    ("gap", "millis"),
    [("10 seconds", 10_000), ("30 minutes", 1_800_000), ("1 hour", 3_600_000), ("2 days", 172.8e6)],
)
def test_a_gap_is_a_duration(gap: str, millis: float) -> None:
    assert SessionSettings(gap).gap_ms == millis


@pytest.mark.parametrize(
    "gap", ["", "10", "10 s", "-1 seconds", "0 seconds", "1 month", "30 Minutes", "2days"]
)
def test_what_is_no_gap_is_an_error_that_says_what_is(gap: str) -> None:
    with pytest.raises(LocalCloudError, match=f"gap: found {gap!r}; allowed are durations"):
        SessionSettings(gap)


def test_the_template_gets_what_was_asked_for_and_gives_it_back() -> None:
    settings = SessionSettings("10 seconds", "lab", "0 seconds", history="1 day")
    assert settings.parameters(2) == {
        "SessionGap": "10 seconds",
        "SessionMode": "lab",
        "SessionLateness": "0 seconds",
        "SessionMaxLength": "24 hours",
        "SessionHistory": "1 day",
        "SessionWindow": "2 seconds",
    }
    assert SessionSettings.of(settings.parameters(2)) == settings
