"""A Spark session with the settings that the jobs have here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gluelocal.sparkconf import defaults
from pyspark.sql import SparkSession

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


# As `--datalake-formats delta` and the settings of the lake's jobs give it.
DELTA: Final = {
    "spark.driver.extraClassPath": str(ROOT / ".setup" / "jars" / "delta" / "*"),
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.databricks.delta.snapshotPartitions": "2",
}
# As the archive's job has it, in a heap as a worker's is rather than that of a laptop's run.
ARCHIVE: Final = {
    **DELTA,
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.driver.memory": "4g",
    "spark.hadoop.parquet.enable.dictionary#event_id": "false",
    "spark.hadoop.parquet.enable.dictionary#event_key": "false",
    "spark.hadoop.parquet.enable.dictionary#sequence_number": "false",
    "spark.sql.maxConcurrentOutputFileWriters": "8",
}


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
