"""The job of click-through rates is set by its profile, and what is wrong is told early."""

from __future__ import annotations

import pytest

from localaws.ctr.settings import CtrSettings
from localaws.errors import LocalCloudError


def test_the_lateness_is_the_profiles_own_unless_one_is_given() -> None:
    assert CtrSettings().lateness_ms == 10_000
    assert CtrSettings("lab").lateness_ms == 0
    assert CtrSettings("lab", "3 seconds").lateness_ms == 3_000
    assert CtrSettings().clear_after_ms == 60_000


def test_parameters_of_the_template_and_back() -> None:
    settings = CtrSettings("lab", "3 seconds", "2 minutes", 120)
    assert settings.parameters(2) == {
        "CtrProfile": "lab",
        "CtrLateness": "3 seconds",
        "CtrClearAfter": "2 minutes",
        "CtrCoolDownSeconds": "120",
        "CtrWindow": "2 seconds",
    }
    assert CtrSettings.of(settings.parameters(2)) == settings


def test_a_lateness_that_is_none_is_told() -> None:
    with pytest.raises(LocalCloudError, match="allowed lateness: found 'soon'"):
        CtrSettings(lateness="soon")


def test_a_cool_down_that_ends_before_an_incident_can_is_told() -> None:
    with pytest.raises(LocalCloudError, match=r"cool-down: found 59 seconds; .* 1 minute"):
        CtrSettings(cool_down=59)
