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
# Delta Lake as `--datalake-formats delta` gives it to a job.
_DELTA_JARS = Path(os.environ.get("GLUELOCAL_JARS") or _REPOSITORY / ".setup" / "jars") / "delta"
_IMPORT_ROOTS = (_REPOSITORY, _REPOSITORY / "sagemaker", _REPOSITORY / "awsglue_local" / "src")

_CONF = {
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    # The second compiler would spend as much CPU as the tests: nothing here runs often enough.
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.timezone=UTC",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    # As the jobs have it: a batch has more pieces of code than the default keeps.
    "spark.sql.codegen.cache.maxEntries": "1000",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.streaming.noDataProgressEventInterval": "100ms",
    "spark.driver.extraClassPath": os.pathsep.join(map(str, sorted(_DELTA_JARS.glob("*.jar")))),
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # A table's log is small here: as many tasks as there are cores.
    "spark.databricks.delta.snapshotPartitions": "2",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pass over the sockets that PySpark opens to collect rows and leaves to the collector."""
    folder = Path(__file__).parent
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"))


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A local[2] session in UTC with ANSI mode on, as Glue 6.0 has it."""
    from pyspark.sql import SparkSession

    os.environ["TZ"] = "UTC"
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    # The JVM hands its environment to the Python workers, which import the modules of UDFs.
    os.environ["PYTHONPATH"] = os.pathsep.join(map(str, _IMPORT_ROOTS))
    # The executors' own clients sign with these; emulators take any.
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "000000000000")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "local")
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    builder = SparkSession.builder.appName("tests")
    warehouse = tmp_path_factory.mktemp("warehouse")
    for key, value in {**_CONF, "spark.sql.warehouse.dir": str(warehouse)}.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
