from datetime import timedelta

import pytest
from awsglue.utils import GlueArgumentError

from glue_jobs.options import OptionError
from glue_jobs.price_candidates import Options

ARGV = ["script.py", "--JOB_NAME", "price_candidates", "--checkpoint-path", "s3://b/checkpoint/"]


def test_what_is_not_given_has_its_default() -> None:
    options = Options.from_argv(ARGV)

    assert options == Options("price_candidates", "s3://b/checkpoint/")
    assert options.window == timedelta(seconds=100)
    assert options.allowed_lateness == timedelta(minutes=10)
    assert options.enrichment == "keys"


def test_hyphens_become_underscores_and_texts_become_values() -> None:
    given = (
        "--window=10 seconds --allowed-lateness=0 seconds --orders-horizon=2 days"
        " --snapshot-every=3 --enrichment=snapshot --max-fetch-records-per-shard=5 --unknown=x"
    )
    options = Options.from_argv([*ARGV, *(f"--{part.strip()}" for part in given.split("--")[1:])])

    assert (options.window, options.allowed_lateness) == (timedelta(seconds=10), timedelta())
    assert (options.orders_horizon, options.snapshot_every) == (timedelta(days=2), 3)
    assert (options.enrichment, options.max_fetch_records_per_shard) == ("snapshot", 5)


@pytest.mark.parametrize(
    ("argument", "found", "message"),
    [
        ("--window", "100", r"--window: found '100'; allowed are durations such as '100 seconds'"),
        ("--window", "0 seconds", r"--window: found '0 seconds'; allowed are durations from 1"),
        ("--window", "-1 seconds", r"--window: found '-1 seconds'"),
        ("--allowed-lateness", "soon", r"--allowed-lateness: found 'soon'"),
        ("--enrichment", "both", r"--enrichment: found 'both'; allowed are keys, snapshot"),
        ("--snapshot-every", "0", r"--snapshot-every: found '0'; allowed are whole numbers from 1"),
        ("--evidence-candidates", "1.5", r"--evidence-candidates: found '1.5'"),
        ("--starting-position", "tomorrow", r"--starting-position: found 'tomorrow'; allowed are"),
        ("--database", " ", r"--database: it is empty"),
    ],
)
def test_a_bad_value_names_option_found_and_allowed(
    argument: str, found: str, message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        Options.from_argv([*ARGV, argument, found])


@pytest.mark.parametrize("position", ["trim_horizon", "LATEST", "2026-01-31T12:00:00Z"])
def test_a_stream_is_read_from_an_end_or_a_time(position: str) -> None:
    assert Options.from_argv([*ARGV, "--starting-position", position]).starting_position == position


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(GlueArgumentError, match="checkpoint-path"):
        Options.from_argv(ARGV[:3])


def test_the_arguments_of_the_job_are_texts() -> None:
    arguments = Options.from_argv(ARGV).as_arguments()

    assert arguments["JOB_NAME"] == "price_candidates"
    assert {type(value) for value in arguments.values()} == {str}
