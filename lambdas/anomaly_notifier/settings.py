"""What the function is told by its environment, checked at cold start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from catalog.ctr import PROFILES
from lambdas.anomaly_notifier.rules import QuietHours, Rules

_TOPIC = re.compile(r"arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]{1,256}", re.ASCII)
_FACTOR = re.compile(r"\d{1,3}(\.\d{1,6})?", re.ASCII)

Environment = Mapping[str, str]


class SettingsError(ValueError):
    """Raised at cold start when an environment variable is missing or not allowed."""


@dataclass(frozen=True)
class Tables:
    """The names of the tables, and how long their items stay, by event time."""

    anomalies: str
    incidents: str
    alerts: str
    time_to_live: timedelta


@dataclass(frozen=True)
class Settings:
    """The profile, the topic, the tables and the rules of telling."""

    profile: str
    topic_arn: str
    tables: Tables
    rules: Rules

    @classmethod
    def from_environment(cls, environment: Environment) -> Settings:
        """Settings from `PROFILE`, `TOPIC_ARN`, `ANOMALIES_TABLE`, `INCIDENTS_TABLE`,
        `ALERTS_TABLE`, and with defaults `COOL_DOWN_SECONDS` (600), `ESCALATION_FACTOR` (1.5),
        `QUIET_HOURS` (none), `DAILY_CAP` (0: none), `TIME_TO_LIVE_DAYS` (90).

        Raises:
            SettingsError: a variable is missing or not allowed; the message names it.
        """
        return cls(
            profile=_profile(environment),
            topic_arn=_topic(environment),
            tables=_tables(environment),
            rules=_rules(environment),
        )


def _tables(environment: Environment) -> Tables:
    return Tables(
        anomalies=_text(environment, "ANOMALIES_TABLE"),
        incidents=_text(environment, "INCIDENTS_TABLE"),
        alerts=_text(environment, "ALERTS_TABLE"),
        time_to_live=timedelta(days=_whole(environment, "TIME_TO_LIVE_DAYS", "90", 1, 99_999)),
    )


def _rules(environment: Environment) -> Rules:
    return Rules(
        cool_down=timedelta(seconds=_whole(environment, "COOL_DOWN_SECONDS", "600", 1, 604_800)),
        escalation_factor=_factor(environment),
        quiet_hours=_quiet_hours(environment),
        daily_cap=_whole(environment, "DAILY_CAP", "0", 0, 9_999),
    )


def _text(environment: Environment, name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"{name}: not set; set it in the function's environment")
    return value


def _profile(environment: Environment) -> str:
    value = _text(environment, "PROFILE")
    if value not in PROFILES:
        raise SettingsError(f"PROFILE: found {value!r}; one of {', '.join(PROFILES)}")
    return value


def _topic(environment: Environment) -> str:
    value = _text(environment, "TOPIC_ARN")
    if not _TOPIC.fullmatch(value):
        raise SettingsError(
            f"TOPIC_ARN: found {value!r}; the ARN of a standard SNS topic"
            " (a FIFO topic sends neither email nor SMS)"
        )
    return value


def _whole(environment: Environment, name: str, default: str, low: int, high: int) -> int:
    value = environment.get(name, default)
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1
    if not low <= number <= high:
        raise SettingsError(f"{name}: found {value!r}; a whole number, {low} to {high}")
    return number


def _factor(environment: Environment) -> float:
    value = environment.get("ESCALATION_FACTOR", "1.5")
    if not _FACTOR.fullmatch(value) or not float(value) > 1:
        raise SettingsError(
            f"ESCALATION_FACTOR: found {value!r}; a decimal number above 1 such as 1.5"
        )
    return float(value)


def _quiet_hours(environment: Environment) -> QuietHours | None:
    value = environment.get("QUIET_HOURS", "")
    if not value:
        return None
    try:
        return QuietHours.parse(value)
    except ValueError as error:
        raise SettingsError(
            f"QUIET_HOURS: found {value!r}, {error}; such as '22:00-07:00 Europe/Berlin', or empty"
        ) from error
