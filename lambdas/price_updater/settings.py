"""What the function is told by its environment, checked at cold start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from lambdas.price_updater.errors import SettingsError


@dataclass(frozen=True)
class Settings:
    """Names, limits and guardrails. Steps are fractions of the price that stands.

    `give_up_after` is the age of a record from which a transient failure counts as permanent:
    it must be below the mapping's maximum record age, which drops the record without a reason.
    """

    products_table: str
    price_changes_table: str
    price_model_endpoint: str
    failure_queue_url: str
    max_step: Fraction
    min_step: Fraction
    cool_down: timedelta
    give_up_after: timedelta

    def __post_init__(self) -> None:
        if not 0 < self.max_step <= 1:
            raise SettingsError(f"MAX_STEP: found {float(self.max_step)}; above 0 and at most 1")
        if not 0 <= self.min_step <= self.max_step:
            raise SettingsError(
                f"MIN_STEP: found {float(self.min_step)};"
                f" from 0 to MAX_STEP ({float(self.max_step)}), else no price could ever move"
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Settings from environment variables of the same names in upper case.

        Raises:
            SettingsError: a variable is missing or not allowed; the message names it.
        """
        return cls(
            products_table=_text(environment, "PRODUCTS_TABLE"),
            price_changes_table=_text(environment, "PRICE_CHANGES_TABLE"),
            price_model_endpoint=_text(environment, "PRICE_MODEL_ENDPOINT"),
            failure_queue_url=_text(environment, "FAILURE_QUEUE_URL"),
            max_step=_fraction(environment, "MAX_STEP"),
            min_step=_fraction(environment, "MIN_STEP"),
            cool_down=_seconds(environment, "COOL_DOWN_SECONDS"),
            give_up_after=_seconds(environment, "GIVE_UP_SECONDS"),
        )


def _text(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"{name}: not set; set it in the function's environment")
    return value


def _fraction(environment: Mapping[str, str], name: str) -> Fraction:
    value = _text(environment, name)
    try:
        return Fraction(value)
    except (ValueError, ZeroDivisionError) as error:
        raise SettingsError(f"{name}: found {value!r}; a decimal number such as 0.1") from error


def _seconds(environment: Mapping[str, str], name: str) -> timedelta:
    value = _text(environment, name)
    if not (value.isascii() and value.isdigit()) or len(value) > 9:
        raise SettingsError(f"{name}: found {value!r}; whole seconds, 0 or more")
    return timedelta(seconds=int(value))
