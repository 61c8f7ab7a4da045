"""The environment that a run gives its script."""

import os
from pathlib import Path

import pytest
from gluelocal.arguments import special_parameters
from gluelocal.launch import _set_environment


@pytest.mark.parametrize(
    ("given", "scratch"),
    [({}, "/run"), ({"SPARK_LOCAL_DIRS": ""}, "/run"), ({"SPARK_LOCAL_DIRS": "/disk"}, "/disk")],
)
def test_spark_keeps_its_scratch_space_in_the_runs_folder_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], scratch: str
) -> None:
    monkeypatch.setattr(os, "environ", dict(given))
    _set_environment(Path("/run/conf"), special_parameters([]), "/run")
    assert os.environ["SPARK_LOCAL_DIRS"] == scratch
