"""The function's environment: checked at cold start, errors name the variable."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from lambdas.price_updater.errors import SettingsError
from lambdas.price_updater.settings import Settings

ENVIRONMENT = {
    "PRODUCTS_TABLE": "products",
    "PRICE_CHANGES_TABLE": "price_changes",
    "PRICE_MODEL_ENDPOINT": "price-model",
    "FAILURE_QUEUE_URL": "https://sqs.example/price_failures",
    "MAX_STEP": "0.1",
    "MIN_STEP": "0",
    "COOL_DOWN_SECONDS": "3600",
    "GIVE_UP_SECONDS": "600",
}


def test_settings_are_read_from_the_environment() -> None:
    settings = Settings.from_environment(ENVIRONMENT)
    assert settings.products_table == "products"
    assert settings.max_step == Fraction(1, 10)  # exactly, not the float next to it
    assert settings.cool_down == timedelta(hours=1)


@pytest.mark.parametrize("name", ENVIRONMENT)
@pytest.mark.parametrize("value", [None, ""], ids=["missing", "empty"])
def test_a_variable_that_is_not_set_is_named(name: str, value: Any) -> None:
    environment = {key: text for key, text in ENVIRONMENT.items() if key != name}
    if value is not None:
        environment[name] = value
    with pytest.raises(SettingsError, match=f"^{name}: not set"):
        Settings.from_environment(environment)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MAX_STEP", "ten", "MAX_STEP: found 'ten'; a decimal number"),
        ("MAX_STEP", "1/0", "MAX_STEP: found '1/0'"),
        ("MAX_STEP", "nan", "MAX_STEP: found 'nan'"),
        ("MAX_STEP", "0", "MAX_STEP: found 0.0; above 0 and at most 1"),
        ("MAX_STEP", "1.5", "MAX_STEP: found 1.5; above 0 and at most 1"),
        ("MIN_STEP", "-0.1", "MIN_STEP: found -0.1; from 0 to MAX_STEP"),
        ("MIN_STEP", "0.2", r"MIN_STEP: found 0.2; from 0 to MAX_STEP \(0.1\)"),
        ("COOL_DOWN_SECONDS", "-1", "COOL_DOWN_SECONDS: found '-1'; whole seconds"),
        ("COOL_DOWN_SECONDS", "1.5", "COOL_DOWN_SECONDS: found '1.5'; whole seconds"),
        ("GIVE_UP_SECONDS", "1e3", "GIVE_UP_SECONDS: found '1e3'; whole seconds"),
    ],
)
def test_a_value_that_is_not_allowed_is_named_with_what_is(
    name: str, value: Any, message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.from_environment(ENVIRONMENT | {name: value})
