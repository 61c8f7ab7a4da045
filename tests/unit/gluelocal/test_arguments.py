"""Job arguments: what the engine takes from them, and what it adds."""

from __future__ import annotations

import pytest
from gluelocal.arguments import complete, parse_conf, special_parameters
from gluelocal.errors import ScriptArgumentError


def test_special_parameters_are_found_among_the_scripts_own() -> None:
    found = special_parameters(
        ["--JOB_NAME", "j", "--extra-py-files", "s3://b/a.zip, lib.py", "--window", "100 seconds"]
    )
    assert found.job_name == "j"
    assert found.extra_py_files == ("s3://b/a.zip", "lib.py")


@pytest.mark.parametrize(
    "arguments",
    [["--conf", "a=1 --conf b=x=y"], ["--conf=a=1 --conf b=x=y"]],
    ids=["two-words", "one-word"],
)
def test_one_conf_argument_carries_several_settings(arguments: list[str]) -> None:
    assert special_parameters(arguments).conf == {"a": "1", "b": "x=y"}


def test_a_flag_without_a_value_does_not_swallow_the_next_option() -> None:
    found = special_parameters(["--enable-metrics", "--JOB_NAME", "j"])
    assert found.job_name == "j"


def test_driver_variables_carry_the_customer_prefix() -> None:
    found = special_parameters(["--customer-driver-env-vars", "CUSTOMER_A=1,B=2"])
    assert found.driver_variables == {"CUSTOMER_A": "1", "CUSTOMER_B": "2"}


def test_a_wheel_that_spark_would_not_import_from_is_told() -> None:
    with pytest.raises(
        ScriptArgumentError, match=r"found 's3://b/a\.whl'; .* name the wheel \.zip"
    ):
        special_parameters(["--extra-py-files", "s3://b/lib.zip,s3://b/a.whl"])


def test_a_setting_without_a_value_is_named() -> None:
    with pytest.raises(ScriptArgumentError, match=r"found 'spark\.x'; write it as key=value"):
        parse_conf(["spark.x"])


def test_missing_internal_arguments_are_added_as_glue_does() -> None:
    made = complete(["--a", "1"], "s3://b/scripts/price_job.py")
    assert made[:2] == ["--a", "1"]
    assert made[2:6] == ["--JOB_NAME", "price_job", "--JOB_ID", "j_local"]
    assert made[6] == "--JOB_RUN_ID"


def test_a_given_job_name_is_kept() -> None:
    assert complete(["--JOB_NAME", "mine"], "job.py").count("--JOB_NAME") == 1
