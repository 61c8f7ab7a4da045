"""Options as Glue scripts write them."""

from __future__ import annotations

import pytest
from pyspark_kinesis import KinesisOptionError
from pyspark_kinesis.options import parse_options
from pyspark_kinesis.values import StartingPosition

REGION = {"AWS_REGION": "eu-west-1"}
ARN = "arn:aws:kinesis:us-west-2:123456789012:stream/orders"


def test_defaults_are_those_of_glue() -> None:
    options = parse_options({"streamName": "orders"}, REGION)
    assert options.starting == StartingPosition("LATEST")
    assert options.fetch_seconds == 1.0
    assert options.records_per_shard == 100_000
    assert options.records_per_read == 10_000
    assert (options.retries, options.retry_seconds, options.max_retry_seconds) == (3, 1.0, 10.0)
    assert options.list_seconds == 1.0
    assert options.idle_seconds == 0.0
    assert not options.fail_on_data_loss


def test_names_in_any_case_and_values_of_any_type_are_the_same() -> None:
    as_text = {"STREAMNAME": "orders", "numretries": "5", "failOnDataLoss": "True"}
    as_values = {"streamName": "orders", "NumRetries": 5.0, "failondataloss": True}
    assert parse_options(as_text, REGION) == parse_options(as_values, REGION)


def test_unknown_options_are_ignored() -> None:
    parse_options({"streamName": "orders", "typeOfData": "kinesis", "classification": "x"}, REGION)


def test_idle_time_counts_only_when_it_is_switched_on() -> None:
    base = {"streamName": "orders", "idleTimeBetweenReadsInMs": "250"}
    assert parse_options(base, REGION).idle_seconds == 0.0
    assert parse_options({**base, "addIdleTimeBetweenReads": "true"}, REGION).idle_seconds == 0.25


@pytest.mark.parametrize(
    ("text", "kind", "moment"),
    [
        ("latest", "LATEST", None),
        ("TRIM_HORIZON", "TRIM_HORIZON", None),
        ("Earliest", "TRIM_HORIZON", None),
        ("2026-01-01T00:00:00Z", "AT_TIMESTAMP", 1_767_225_600.0),
        ("2026-01-01t01:00:00+01:00", "AT_TIMESTAMP", 1_767_225_600.0),
        ("at_timestamp 2026-01-01T00:00:00", "AT_TIMESTAMP", 1_767_225_600.0),
    ],
)
def test_starting_positions_of_all_kinds(text: str, kind: str, moment: float | None) -> None:
    options = parse_options({"streamName": "orders", "startingPosition": text}, REGION)
    assert options.starting == StartingPosition(kind, moment)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "environment", "region", "endpoint"),
    [
        ({}, REGION, "eu-west-1", "https://kinesis.eu-west-1.amazonaws.com"),
        ({"streamARN": ARN}, REGION, "us-west-2", "https://kinesis.us-west-2.amazonaws.com"),
        (
            {"endpointUrl": "https://kinesis.ap-south-1.amazonaws.com"},
            REGION,
            "ap-south-1",
            "https://kinesis.ap-south-1.amazonaws.com",
        ),
        (
            {"endpointUrl": "https://kinesis.ap-south-1.amazonaws.com"},
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566/"},
            "ap-south-1",
            "http://127.0.0.1:4566",
        ),
        (
            {"region": "cn-north-1"},
            {"AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_KINESIS": "http://b:2"},
            "cn-north-1",
            "http://b:2",
        ),
        ({"region": "cn-north-1"}, {}, "cn-north-1", "https://kinesis.cn-north-1.amazonaws.com.cn"),
    ],
    ids=["regional", "arn", "endpoint", "environment", "service first", "china"],
)
def test_region_and_endpoint(
    given: dict[str, str], environment: dict[str, str], region: str, endpoint: str
) -> None:
    options = parse_options({"streamName": "orders", **given}, environment)
    assert (options.region, options.endpoint_url) == (region, endpoint)
    assert options.stream_name == "orders"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("streamName", ""),
        ("streamName", "no spaces"),
        ("streamARN", "arn:aws:dynamodb:us-west-2:123456789012:table/orders"),
        ("startingPosition", "yesterday"),
        ("maxFetchTimeInMs", "1s"),
        ("maxFetchRecordsPerShard", 0),
        ("maxRecordPerRead", 10_001),
        ("maxRecordPerRead", 1.5),
        ("numRetries", -1),
        ("numRetries", True),
        ("describeShardInterval", "soon"),
        ("failOnDataLoss", "maybe"),
        ("avoidEmptyBatches", "2"),
        ("endpointUrl", "localhost:4566"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(option: str, value: object) -> None:
    with pytest.raises(KinesisOptionError) as caught:
        parse_options({"streamName": "orders", option: value}, REGION)
    assert caught.value.option == option
    assert repr(value) in str(caught.value)
    assert "allowed: " in str(caught.value)


def test_a_region_must_come_from_somewhere() -> None:
    with pytest.raises(KinesisOptionError, match="AWS_REGION"):
        parse_options({"streamName": "orders"}, {})


def test_keys_come_in_pairs_and_the_secret_is_not_shown() -> None:
    both = {"streamName": "orders", "awsAccessKeyId": "AKIA", "awsSecretKey": "hidden"}
    assert "hidden" not in repr(parse_options(both, REGION))
    with pytest.raises(KinesisOptionError, match="awsSecretKey"):
        parse_options({"streamName": "orders", "awsAccessKeyId": "AKIA"}, REGION)
