"""The options of the job of click-through rates, and what follows from them."""

from datetime import timedelta

import pytest

from glue_jobs.ctr_anomalies import Options
from glue_jobs.ctr_batch import detector_of, rules_of
from glue_jobs.options import OptionError
from transforms.ctr_sites import Terms
from transforms.detectors.profiles import DetectorSettings

ARGV = ["script.py", "--JOB_NAME", "ctr_anomalies", "--checkpoint-path", "s3://b/c/"]
ARGV += ["--lambda-function", "anomaly_notifier"]


def test_a_threshold_that_is_not_given_is_the_profile_s_own() -> None:
    options = Options.from_argv(ARGV)
    assert detector_of(options) == DetectorSettings("default")
    assert (options.window, options.allowed_lateness) == (timedelta(seconds=10),) * 2


def test_thresholds_are_numbers() -> None:
    options = Options.from_argv([*ARGV, "--evidence", "5.2", "--effect=0", "--score", ".25"])
    assert detector_of(options) == DetectorSettings("default", 0.25, 5.2, 0.0)


@pytest.mark.parametrize("found", ["-1", "nan", "inf", "many", ""])
def test_what_is_no_threshold_is_named(found: str) -> None:
    with pytest.raises(OptionError, match=r"--evidence: found .*; allowed are numbers from 0"):
        Options.from_argv([*ARGV, "--evidence", found])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--profile", "lab", "--score", "9"], "--score: found 9.0; allowed are 0 to 3.58"),
        (["--profile", "lab", "--evidence", "4"], "--evidence: found 4.0; profile lab has none"),
        (["--score", "2"], "--score: found 2.0; allowed are 0 to 1"),
    ],
)
def test_a_threshold_that_the_profile_does_not_allow_is_named(
    given: list[str], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        detector_of(Options.from_argv([*ARGV, *given]))


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(OptionError, match="--profile: found 'other'; allowed are lab, default"):
        Options.from_argv([*ARGV, "--profile", "other"])


def test_nobody_is_told_that_a_site_of_the_lab_is_cleared() -> None:
    lab = Options.from_argv([*ARGV, "--profile", "lab"])
    assert rules_of(lab).clear_after is None
    assert rules_of(Options.from_argv(ARGV)) == Terms(60_000, 7 * 86_400_000)
