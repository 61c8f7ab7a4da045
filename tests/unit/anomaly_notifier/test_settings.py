"""The environment, checked at cold start; quiet hours and days by a zone's clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from lambdas.anomaly_notifier.rules import QuietHours, Rules
from lambdas.anomaly_notifier.settings import Settings, SettingsError


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_without_more_the_rules_are_these(make: SimpleNamespace) -> None:
    settings = Settings.from_environment(make.environment)
    assert settings.profile == "default"
    assert settings.rules == Rules(timedelta(minutes=10), 1.5, None, 0)
    assert settings.tables.time_to_live == timedelta(days=90)


def test_every_rule_can_be_set(make: SimpleNamespace) -> None:
    rules = {
        "COOL_DOWN_SECONDS": "60",
        "ESCALATION_FACTOR": "2",
        "QUIET_HOURS": "22:00-07:00 Europe/Berlin",
        "DAILY_CAP": "5",
        "TIME_TO_LIVE_DAYS": "7",
    }
    settings = Settings.from_environment(make.environment | rules)
    assert settings.rules.cool_down == timedelta(minutes=1)
    assert (settings.rules.escalation_factor, settings.rules.daily_cap) == (2.0, 5)
    assert str(settings.rules.quiet_hours) == "22:00-07:00 Europe/Berlin"
    assert settings.tables.time_to_live == timedelta(days=7)


@pytest.mark.parametrize(
    "name", ["PROFILE", "TOPIC_ARN", "ANOMALIES_TABLE", "INCIDENTS_TABLE", "ALERTS_TABLE"]
)
def test_a_variable_that_is_missing_is_named(make: SimpleNamespace, name: str) -> None:
    for environment in ({**make.environment, name: ""}, {**make.environment}):
        environment.pop(name) if environment[name] else None
        with pytest.raises(SettingsError, match=f"^{name}: not set; set it in the function's"):
            Settings.from_environment(environment)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PROFILE", "Lab", "PROFILE: found 'Lab'; one of lab, default"),
        ("TOPIC_ARN", "anomalies", "TOPIC_ARN: found 'anomalies'; the ARN of a standard SNS topic"),
        (
            "TOPIC_ARN",
            "arn:aws:sns:us-east-1:111122223333:anomalies.fifo",
            "a FIFO topic sends neither email nor SMS",
        ),
        ("COOL_DOWN_SECONDS", "0", "COOL_DOWN_SECONDS: found '0'; a whole number, 1 to 604800"),
        ("COOL_DOWN_SECONDS", "ten", "COOL_DOWN_SECONDS: found 'ten'"),
        ("COOL_DOWN_SECONDS", "²", "COOL_DOWN_SECONDS: found '²'"),
        ("ESCALATION_FACTOR", "1", "ESCALATION_FACTOR: found '1'; a decimal number above 1"),
        ("ESCALATION_FACTOR", "nan", "ESCALATION_FACTOR: found 'nan'"),
        ("ESCALATION_FACTOR", "1e9", "ESCALATION_FACTOR: found '1e9'"),
        ("DAILY_CAP", "-1", "DAILY_CAP: found '-1'; a whole number, 0 to 9999"),
        ("DAILY_CAP", "", "DAILY_CAP: found ''"),
        ("TIME_TO_LIVE_DAYS", "1.5", "TIME_TO_LIVE_DAYS: found '1.5'; a whole number, 1 to 99999"),
        (
            "QUIET_HOURS",
            "22-7",
            "QUIET_HOURS: found '22-7', not of the form HH:MM-HH:MM Zone; such",
        ),
        ("QUIET_HOURS", "22:00-07:00", "not of the form"),
        ("QUIET_HOURS", "24:00-07:00 UTC", "not of the form"),
        ("QUIET_HOURS", "07:00-07:00 UTC", "start and end are the same; such as"),
        ("QUIET_HOURS", "22:00-07:00 Europe/Atlantis", "the time zone 'Europe/Atlantis' is not"),
        ("QUIET_HOURS", "22:00-07:00 Europe", "the time zone 'Europe' is not known"),
        ("QUIET_HOURS", "22:00-07:00 /etc/passwd", "the time zone '/etc/passwd' is not known"),
    ],
)
def test_a_value_that_is_not_allowed_is_named(
    make: SimpleNamespace, name: str, value: str, message: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment(make.environment | {name: value})
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("at", "is_quiet"),
    [
        ("2026-01-10T20:59:59", False),  # 21:59:59 in Berlin
        ("2026-01-10T21:00:00", True),
        ("2026-01-10T23:30:00", True),
        ("2026-01-11T05:59:59", True),
        ("2026-01-11T06:00:00", False),
        ("2026-07-10T20:00:00", True),  # in summer Berlin is two hours ahead
        ("2026-07-11T05:00:00", False),
    ],
)
def test_quiet_hours_go_over_midnight_by_the_clocks_of_the_zone(at: str, is_quiet: bool) -> None:
    assert QuietHours.parse("22:00-07:00 Europe/Berlin").contains(utc(at)) is is_quiet


@pytest.mark.parametrize(
    ("at", "is_quiet"),
    [("11:59:59", False), ("12:00:00", True), ("13:59:59", True), ("14:00:00", False)],
)
def test_quiet_hours_of_one_day_end_before_their_end(at: str, is_quiet: bool) -> None:
    assert QuietHours.parse("12:00-14:00 UTC").contains(utc(f"2026-01-10T{at}")) is is_quiet


def test_a_day_is_one_of_the_zone_even_when_clocks_change() -> None:
    berlin = Rules(quiet_hours=QuietHours.parse("22:00-07:00 Europe/Berlin"))
    # Clocks go forward on 29 March 2026: the day has 23 hours.
    day = (utc("2026-03-28T23:00:00"), utc("2026-03-29T22:00:00"))
    assert berlin.day(utc("2026-03-28T23:00:00")) == day
    assert berlin.day(utc("2026-03-29T21:59:59")) == day
    assert Rules().day(utc("2026-03-29T23:59:59")) == (utc("2026-03-29"), utc("2026-03-30"))
