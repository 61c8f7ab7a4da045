"""The one Spark session that all tests in this folder share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_REPOSITORY = Path(__file__).resolve().parents[2]
_IMPORT_ROOTS = (_REPOSITORY, _REPOSITORY / "sagemaker", _REPOSITORY / "awsglue_local" / "src")

_CONF = {
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -Duser.timezone=UTC",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.streaming.noDataProgressEventInterval": "100ms",
}


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A local[2] session in UTC with ANSI mode on, as Glue 6.0 has it."""
    from pyspark.sql import SparkSession

    os.environ["TZ"] = "UTC"
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    # The JVM hands its environment to the Python workers, which import the modules of UDFs.
    os.environ["PYTHONPATH"] = os.pathsep.join(map(str, _IMPORT_ROOTS))
    builder = SparkSession.builder.appName("tests")
    warehouse = tmp_path_factory.mktemp("warehouse")
    for key, value in {**_CONF, "spark.sql.warehouse.dir": str(warehouse)}.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
