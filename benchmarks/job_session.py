"""A Spark session with the settings that the jobs have here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gluelocal.arguments import special_parameters
from gluelocal.sparkconf import defaults
from pyspark.sql import SparkSession

from localaws.deployment.template import load_template
from localaws.environment import ROOT

CORES: Final = 2
RAW: Final = (
    "data binary, streamName string, partitionKey string, sequenceNumber string,"
    " approximateArrivalTimestamp timestamp"
)
# As the jobs' definitions have them.
_JOB_CONF: Final = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.cache.maxEntries": "1000",
    "spark.sql.codegen.hugeMethodLimit": "8000",
}
_IMPORT_ROOTS: Final = (ROOT, ROOT / "awsglue_local" / "src")


def deployed(job: str) -> dict[str, str]:
    """The settings of one of the lake's jobs, as its definition has them, and Delta's jars."""
    resources = load_template().document["Resources"].values()
    jobs = (r["Properties"] for r in resources if r["Type"] == "AWS::Glue::Job")
    arguments = next(found["DefaultArguments"] for found in jobs if found["Name"] == job)
    conf = special_parameters(["--conf", arguments["--conf"]]).conf
    return {**conf, "spark.driver.extraClassPath": str(ROOT / ".setup" / "jars" / "delta" / "*")}


@contextmanager
def session(
    folder: Path,
    environment: Mapping[str, str] | None = None,
    conf: Mapping[str, str] | None = None,
) -> Iterator[SparkSession]:
    """The session; `environment` is for its tasks too, `conf` beside the jobs' settings."""
    os.environ |= {
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(map(str, _IMPORT_ROOTS)),
        **(environment or {}),
    }
    settings = defaults(os.environ, cores=CORES, shuffle_partitions=CORES, folder=folder)
    builder = SparkSession.builder.appName("bench")
    for key, value in (settings | _JOB_CONF | dict(conf or {})).items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()
