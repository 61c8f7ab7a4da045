"""The options of lake_maintenance: what they take, and what they refuse before anything starts."""

from datetime import timedelta

import pytest

from glue_jobs.lake_maintenance import Options
from glue_jobs.options import OptionError

ARGV = ["script.py", "--JOB_NAME", "lake_maintenance", "--lake-path", "s3://b/lake/"]


def test_what_is_not_given_has_its_default() -> None:
    options = Options.from_argv(ARGV)
    assert options == Options("lake_maintenance", "s3://b/lake/")
    assert options.tables == ("clicks", "click_rejects", "price_observations")
    assert options.target_file_size == 134_217_728
    assert options.retention == timedelta(days=7)


def test_texts_become_values() -> None:
    given = ["--tables", "price_observations, clicks", "--target-file-size", "2 gb"]
    given += ["--closed-after", "90 minutes", "--recluster-share", "0", "--retention", "48 hours"]
    options = Options.from_argv([*ARGV, *given])
    assert options.tables == ("price_observations", "clicks")
    assert options.target_file_size == 2_147_483_648
    assert (options.closed_after, options.recluster_share) == (timedelta(minutes=90), 0.0)
    assert options.retention == timedelta(days=2)


@pytest.mark.parametrize(
    ("argument", "found", "message"),
    [
        ("--tables", "clicks,orders", "--tables: found 'clicks,orders'; allowed are clicks, "),
        ("--tables", "", "--tables: found ''; allowed are clicks, click_rejects, "),
        ("--target-file-size", "128", "allowed are sizes such as '512 KB', '128 MB', '1 GB'"),
        ("--target-file-size", "0 MB", "--target-file-size: found '0 MB'"),
        ("--retention", "47 hours", "--retention: found '47 hours'; allowed are durations from 48"),
        ("--retention", "8 days", "--retention: found '8 days'; .* from 48 to 168 hours"),
        ("--recluster-share", "-1", "--recluster-share: found '-1'; allowed are numbers from 0"),
        ("--closed-after", "0 seconds", "--closed-after: found '0 seconds'"),
    ],
)
def test_what_is_not_allowed_is_told(argument: str, found: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Options.from_argv([*ARGV, argument, found])
