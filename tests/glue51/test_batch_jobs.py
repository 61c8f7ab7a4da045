"""Every batch job by `docker/glue51/job.sh`, in the environment that `make setup-glue51` makes.

The lake is a folder: Spark 3.5 is not given the jars of S3 there. Everything else is the cloud's.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake

from catalog.lake import CLICKS, PRICE_OBSERVATIONS
from infra.render import TEMPLATE
from localaws.deploy import BUCKET
from localaws.deployment.template import load_template
from localaws.environment import ROOT
from tests.local.training_loop import DAYS, TODAY, TrainingLoop, training_loop

GLUE51 = ROOT / ".setup" / "glue51"
BATCH_JOBS = {"lake_maintenance", "price_training"}


@pytest.fixture
def loop(tmp_path: Path, artefact: Path) -> Iterator[TrainingLoop]:
    with training_loop(tmp_path, artefact) as made:
        yield made


def run_job(state: Path, name: str, *options: str) -> None:
    """Run the job to its end, with the awsglue of this repository in the place of AWS's."""
    environment = os.environ | {
        "PATH": os.pathsep.join([str(GLUE51 / "venv" / "bin"), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT / "awsglue_local" / "src"),
        "PYSPARK_PYTHON": str(GLUE51 / "venv" / "bin" / "python"),
        "CLICKSTREAM_HOME": str(state),
        "GLUE51_JARS": str(GLUE51 / "jars"),
    }
    command = ["sh", ROOT / "docker" / "glue51" / "job.sh", name, *options]
    assert subprocess.run(command, env=environment).returncode == 0


def test_every_batch_job_of_the_template_is_run_here() -> None:
    jobs = [
        resource["Properties"]
        for resource in load_template(TEMPLATE).document["Resources"].values()
        if resource["Type"] == "AWS::Glue::Job"
    ]
    assert {job["Name"] for job in jobs if job["Command"]["Name"] == "glueetl"} == BATCH_JOBS


@pytest.mark.timeout(900)
def test_a_model_is_trained_and_the_lake_maintained(loop: TrainingLoop, tmp_path: Path) -> None:
    lake, state = tmp_path / "lake", loop.cloud.state.path
    events = loop.events()
    for part in (events.slice(0, 100), events.slice(100)):
        write_deltalake(lake / "clicks", part, partition_by=[CLICKS.partition_key], mode="append")
    before = loop.answering()
    place = ["--lake-path", f"file:{lake}/"]
    models = ["--models-path", f"s3://{BUCKET}/models/price_model/", "--today", TODAY]

    run_job(state, "price_training", *place, *models)
    assert loop.answering() == loop.champion()["version"] != before
    observed = DeltaTable(lake / PRICE_OBSERVATIONS.name)
    assert len(observed.to_pyarrow_table()) == len(DAYS) * 12

    run_job(state, "lake_maintenance", *place)
    clicks = DeltaTable(lake / "clicks")
    assert len(clicks.to_pyarrow_table()) == len(events)
    assert len(clicks.file_uris()) == len(DAYS)
