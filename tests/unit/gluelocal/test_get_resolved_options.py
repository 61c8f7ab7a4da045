"""getResolvedOptions: what scripts get for their arguments."""

from __future__ import annotations

import argparse

import pytest
from awsglue.utils import GlueArgumentError, getResolvedOptions

ALWAYS = {
    "job_bookmark_option": "job-bookmark-disable",
    "job_bookmark_from": None,
    "job_bookmark_to": None,
    "JOB_ID": None,
    "JOB_RUN_ID": None,
    "SECURITY_CONFIGURATION": None,
    "encryption_type": None,
    "enable_data_lineage": None,
    "RedshiftTempDir": None,
    "TempDir": None,
}


def test_without_options_the_internal_keys_are_there() -> None:
    assert getResolvedOptions(["job.py", "--other", "x"], []) == ALWAYS


def test_hyphens_come_back_as_underscores() -> None:
    found = getResolvedOptions(["job.py", "--my-opt", "v", "--JOB_NAME=j"], ["JOB_NAME", "my-opt"])
    assert found == {**ALWAYS, "JOB_NAME": "j", "my_opt": "v"}


def test_a_missing_option_is_named() -> None:
    with pytest.raises(GlueArgumentError, match="the following arguments are required: --table"):
        getResolvedOptions(["job.py"], ["table"])


def test_abbreviations_are_not_taken() -> None:
    with pytest.raises(GlueArgumentError, match="--stream_name"):
        getResolvedOptions(["job.py", "--stream", "s"], ["stream_name"])


def test_abbreviations_are_taken_when_asked_for() -> None:
    found = getResolvedOptions(["job.py", "--stream", "s"], ["stream_name"], allow_abbrev=True)
    assert found["stream_name"] == "s"


@pytest.mark.parametrize("name", ["TempDir", "RedshiftTempDir"])
def test_both_temporary_folders_are_the_same(name: str) -> None:
    found = getResolvedOptions(["job.py", f"--{name}", "s3://b/t"], ["TempDir"])
    assert found["TempDir"] == found["RedshiftTempDir"] == "s3://b/t"


@pytest.mark.parametrize(
    "name", ["continuation-option", "job-bookmark-option", "job-bookmark-from", "job-bookmark-to"]
)
def test_reserved_options_cannot_be_asked_for(name: str) -> None:
    with pytest.raises(RuntimeError, match=f"Using reserved arguments {name}"):
        getResolvedOptions(["job.py"], [name])


def test_asking_for_the_job_id_dies_with_the_parsers_conflict() -> None:
    with pytest.raises(argparse.ArgumentError, match="conflicting option string: --JOB_ID"):
        getResolvedOptions(["job.py"], ["JOB_ID"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--job-bookmark-option", "job-bookmark-pause", "--job-bookmark-from", "a"],
         "Missing option or value for --job-bookmark-to"),
        (["--job-bookmark-from", "a", "--job-bookmark-to", "b"], r"Invalid option\(s\)"),
    ],
    ids=["pause-with-one-bound", "bounds-without-pause"],
)  # fmt: skip
def test_bookmark_bounds_must_fit_the_option(arguments: list[str], message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        getResolvedOptions(["job.py", *arguments], [])


def test_the_old_continuation_option_is_translated() -> None:
    found = getResolvedOptions(["job.py", "--continuation-option", "continuation-enabled"], [])
    assert found["job_bookmark_option"] == "job-bookmark-enable"


def test_an_unknown_bookmark_option_is_refused() -> None:
    with pytest.raises(GlueArgumentError, match="invalid choice: 'on'"):
        getResolvedOptions(["job.py", "--job-bookmark-option", "on"], [])
