"""What the function is told by its environment, checked at cold start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

_DAYS = "90"


class SettingsError(ValueError):
    """Raised at cold start when an environment variable is missing or not allowed."""


@dataclass(frozen=True)
class Settings:
    """The table, and how long a session stays in it, from its start."""

    sessions_table: str
    time_to_live: timedelta

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Settings from `SESSIONS_TABLE` and `TIME_TO_LIVE_DAYS`, 90 when not set.

        Raises:
            SettingsError: a variable is missing or not allowed; the message names it.
        """
        table = environment.get("SESSIONS_TABLE", "")
        if not table:
            raise SettingsError("SESSIONS_TABLE: not set; set it in the function's environment")
        days = environment.get("TIME_TO_LIVE_DAYS", _DAYS)
        if not (days.isascii() and days.isdigit()) or len(days) > 5 or int(days) < 1:
            raise SettingsError(f"TIME_TO_LIVE_DAYS: found {days!r}; whole days, 1 to 99999")
        return cls(sessions_table=table, time_to_live=timedelta(days=int(days)))
