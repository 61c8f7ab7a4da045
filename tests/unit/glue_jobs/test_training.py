"""The options of the training: refused before anything is begun, with what to do."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from price_model.errors import HistoryError

from glue_jobs import training
from glue_jobs.model_host import ModelHost
from glue_jobs.options import OptionError
from glue_jobs.price_training import Options
from glue_jobs.training import new_hosting
from tests.unit.glue_jobs.fake_sagemaker import ENDPOINT, FOLDER, FakeAws

GIVEN = {"JOB_NAME": "price_training", "lake-path": "s3://b/lake/", "models-path": "s3://b/m/"}


def test_the_options_have_the_types_that_the_job_works_with() -> None:
    asked = {"from-day": "2026-01-02", "to-day": "2026-01-03", "revisit": "0 days"}
    found = Options.from_texts({**GIVEN, **asked, "tolerance": "0.5", "holdout-days": "3"})
    assert (found.from_day, found.to_day) == (date(2026, 1, 2), date(2026, 1, 3))
    assert (found.revisit, found.tolerance, found.holdout_days) == (timedelta(0), 0.5, 3)
    assert found.today is None


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ("from-day", "yesterday"),
        ("today", "2026-02-30"),
        ("tolerance", "-1"),
        ("holdout-days", "0"),
        ("update-timeout", "0 seconds"),
        ("endpoint", " "),
    ],
)
def test_a_value_that_is_not_allowed_names_its_option(argument: str, found: str) -> None:
    with pytest.raises(OptionError, match=f"--{argument}: .*allowed"):
        Options.from_texts({**GIVEN, argument: found})


@pytest.mark.parametrize("given", [{}, {"model_image": "i"}, {"model_role": "r"}])
def test_without_an_endpoint_image_and_role_are_asked_for(given: dict[str, str]) -> None:
    options: Any = SimpleNamespace(
        **({"endpoint": "price-model", "model_image": "", "model_role": ""} | given)
    )
    with pytest.raises(
        OptionError, match=r"no endpoint 'price-model'.*--model-image.*--model-role"
    ):
        new_hosting(options)


def use_fake_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job finds an account without the endpoint."""
    aws = FakeAws()
    host = ModelHost(ENDPOINT, FOLDER, 1.0, sagemaker=aws, s3=aws)
    monkeypatch.setattr(training, "ModelHost", lambda *_: host)


def test_a_missing_option_is_told_before_the_lake_is_touched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No table is made, and nothing of the lake is read."""
    use_fake_host(monkeypatch)
    nothing: Any = SimpleNamespace()
    with pytest.raises(OptionError, match="found no endpoint 'price-model'"):
        training.run(nothing, Options.from_texts(GIVEN), date(2026, 1, 1))


class NoObservations:
    """A history of a lake whose clicks are of no product that is known."""

    def __init__(self, *_: object) -> None:
        pass

    def check(self) -> None:
        pass

    def oldest_click(self) -> None:
        return None

    newest_day = oldest_click

    def days(self, most: int) -> list[date]:
        return []


def test_without_observations_the_job_says_what_they_are_made_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_fake_host(monkeypatch)
    monkeypatch.setattr(training, "PriceHistory", NoObservations)
    logger = SimpleNamespace(info=lambda line: None)
    glue: Any = SimpleNamespace(get_logger=lambda: logger)
    options = Options.from_texts({**GIVEN, "model-image": "i", "model-role": "r"})
    with pytest.raises(HistoryError, match=r"s3://b/lake/price_observations/?: no observations"):
        training.run(glue, options, date(2026, 1, 1))


def test_a_new_endpoint_is_hosted_as_the_options_say() -> None:
    options: Any = SimpleNamespace(
        endpoint="e", model_image="i", model_role="r", instance_type="ml.t3.medium"
    )
    found = new_hosting(options)
    assert found.model["PrimaryContainer"] == {"Image": "i"}
    assert found.model["ExecutionRoleArn"] == "r"
    (variant,) = found.config["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.t3.medium", 1)
