"""The cost card: each line worked out by hand at round prices, and the file of the real ones."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from localaws.commands.costs import _show
from localaws.costs.card import cost_card
from localaws.costs.prices import PRICES, Prices, load_prices
from localaws.costs.read import Card
from localaws.costs.volume import Calls, Capacity, Job, Puts, Volume
from localaws.errors import LocalCloudError

# A month of 100 hours, 360,000 seconds.
ROUND = Prices(
    region="moon-1",
    as_of="2026-01-01",
    price={
        "glue_dpu_hour": 0.5,
        "kinesis_shard_hour": 0.01,
        "kinesis_million_put_units": 0.1,
        "dynamodb_million_write_units": 1.0,
        "dynamodb_million_read_units": 0.25,
        "dynamodb_gb_month": 0.3,
        "dynamodb_backup_gb_month": 0.2,
        "lambda_million_requests": 0.2,
        "lambda_gb_second": 0.00001,
        "s3_gb_month": 0.02,
        "s3_thousand_puts": 0.005,
        "sns_thousand_emails": 0.02,
        "sns_sms": 0.01,
        "scheduler_million_invocations": 1.0,
        "logs_gb": 0.5,
    },
    endpoint_hour={"ml.m": 0.1},
    assumption={
        "hours_a_month": 100.0,
        "lambda_seconds": 0.5,
        "batch_job_minutes": 3.0,
        "s3_puts_a_batch": 10.0,
        "log_bytes_a_batch": 1000.0,
    },
)
NOTHING = Volume(observed_seconds=60.0)


def dollars(capacity: Capacity, volume: Volume = NOTHING) -> dict[str, float]:
    """What costs anything."""
    lines = cost_card(capacity, volume, ROUND)
    return {f"{line.service}: {line.what}": line.dollars for line in lines if line.dollars}


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (Job("j", 2, 1), 2 * 100 * 0.5),
        (Job("j", 3, 2), 3 * 2 * 100 * 0.5),
        (Job("j", 2, 1, False, 60, 10), 2 * 60 * (10 / 60) * 0.5),
        (Job("j", 2, 1, False, 60, 0.1), 2 * 60 * (1 / 60) * 0.5),
        (Job("j", 2, 1, False, 60), 2 * 60 * (3 / 60) * 0.5),
    ],
    ids=["streaming", "larger-workers", "batch", "a-minute-at-least", "never-seen"],
)
def test_a_job_costs_its_dpu_hours(job: Job, expected: float) -> None:
    assert dollars(Capacity(jobs=(job,))) == {"Glue: job j": pytest.approx(expected)}


def test_shards_cost_their_hours_and_an_endpoint_its_own() -> None:
    found = dollars(Capacity(shards={"clicks": 4}, endpoint="ml.m"))
    assert found == {
        "Kinesis: clicks: shards": pytest.approx(4.0),
        "SageMaker: endpoint price-model": pytest.approx(10.0),
    }


@pytest.mark.parametrize(("size", "units"), [(100, 1), (25_600, 1), (25_601, 2), (0, 1)])
def test_a_record_costs_a_put_unit_for_each_25_kb(size: float, units: int) -> None:
    volume = replace(NOTHING, puts={"clicks": Puts(100.0, size)})
    # 100 a second are 36 million in the month.
    assert dollars(Capacity(), volume) == {"Kinesis: clicks: PUT units": pytest.approx(3.6 * units)}


def test_units_functions_storage_batches_and_messages() -> None:
    volume = Volume(
        observed_seconds=60.0,
        write_units={"t": 10.0},
        read_units={"t": 10.0},
        calls={"f": Calls(1.0, 512), "g": Calls(1.0, 1024, 0.1)},
        batches=0.1,
        emails=1 / 3_600,
        messages=1 / 3_600,
        schedules=1 / 60,
        table_bytes=2_000_000_000,
        lake_bytes=50_000_000_000,
    )
    assert dollars(Capacity(), volume) == {
        "DynamoDB: t: writes": pytest.approx(3.6),
        "DynamoDB: t: reads": pytest.approx(0.9),
        # 360,000 calls: half a GB for the half second that is assumed, and the requests.
        "Lambda: f": pytest.approx(360_000 * (0.5 * 0.5 * 0.00001 + 0.2e-6)),
        "Lambda: g": pytest.approx(360_000 * (1.0 * 0.1 * 0.00001 + 0.2e-6)),
        "DynamoDB: storage": pytest.approx(1.0),
        "S3: storage": pytest.approx(1.0),
        # 36,000 batches.
        "S3: writes of checkpoints": pytest.approx(36_000 * 10 / 1_000 * 0.005),
        "CloudWatch: logs of jobs": pytest.approx(36_000 * 1_000 / 1e9 * 0.5),
        "SNS: emails": pytest.approx(100 / 1_000 * 0.02),
        "SNS: SMS": pytest.approx(1.0),
        "EventBridge: schedules": pytest.approx(6_000 / 1e6),
    }


def test_a_line_says_its_formula() -> None:
    (line, *_) = cost_card(Capacity(jobs=(Job("j", 2, 1),)), NOTHING, ROUND)
    assert line.formula == "2 workers x 1 DPU x 100 h x $0.5"


def test_a_card_says_of_when_its_prices_are_and_that_they_are_to_be_checked() -> None:
    printed = Console(file=StringIO())
    _show(Card([], NOTHING, ROUND), printed)
    text = printed.file.getvalue()  # type: ignore[attr-defined]
    assert "List prices of moon-1 as noted by hand, at the latest on 2026-01-01: check" in text


def test_an_instance_without_a_price_is_told() -> None:
    with pytest.raises(LocalCloudError, match=r"no price of ml\.x; there are ml\.m: add it"):
        cost_card(Capacity(endpoint="ml.x"), NOTHING, ROUND)


def test_the_prices_of_the_checkout_have_all_that_a_card_needs() -> None:
    prices = load_prices()
    assert prices.price.keys() == ROUND.price.keys()
    assert prices.assumption.keys() == ROUND.assumption.keys()
    assert prices.endpoint_hour["ml.m6i.large"] > 0


def test_own_prices_win_and_what_is_wrong_with_them_is_named(tmp_path: Path) -> None:
    text, file = PRICES.read_text(), tmp_path / "mine.toml"
    file.write_text(text.replace("glue_dpu_hour = 0.44", "glue_dpu_hour = 0.29"))
    assert load_prices(file).price["glue_dpu_hour"] == 0.29
    for broken, message in [
        (text.replace("glue_dpu_hour = 0.44", ""), "missing: glue_dpu_hour; .*us-east-1.toml has"),
        (
            text.replace("= 0.44", '= "dear"'),
            r"price\.glue_dpu_hour: found 'dear'; allowed are num",
        ),
        (text.replace("= 0.44", "= -1"), r"price\.glue_dpu_hour: found -1"),
        (text.replace("region =", "place ="), "'region' is missing"),
        (text + "[", "mine.toml: "),
    ]:
        file.write_text(broken)
        with pytest.raises(LocalCloudError, match=message):
            load_prices(file)
    with pytest.raises(LocalCloudError, match="--prices: no file"):
        load_prices(tmp_path / "none.toml")
