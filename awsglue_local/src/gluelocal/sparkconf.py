"""The Spark configuration of a run, given through a SPARK_CONF_DIR of its own.

A script may build its own SparkContext or SparkSession: whatever it does not set comes from here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

_LOG4J = """\
status = ERROR
rootLogger.level = {level}
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = {log_file}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{yyyy-MM-dd'T'HH:mm:ss.SSS}} %p %c{{1}}: %m%n%ex
"""

# Spark matches a failed stream's cause with a recursive expression over the whole Python
# traceback: the default thread stack is too small for it.
_JVM_OPTIONS = (
    "-XX:+UseSerialGC",
    "-Xss4m",
    "-Duser.timezone=UTC",
    "-XX:-UsePerfData",
    # Ten times the default: a start would otherwise spend as long on optimising what runs twice.
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
)


def defaults(
    environment: Mapping[str, str], *, cores: int, shuffle_partitions: int, folder: Path
) -> dict[str, str]:
    """Spark settings of a local run, as near to Glue 6.0 as one machine allows."""
    return {
        "spark.master": f"local[{cores}]",
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        # Native libraries and artifacts are unpacked there, and go with the run.
        "spark.driver.extraJavaOptions": " ".join((*_JVM_OPTIONS, f"-Djava.io.tmpdir={folder}")),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.python.worker.reuse": "true",
        "spark.sql.ansi.enabled": "true",
        # A batch function of some size has more than the default of 100 pieces of code, and a cache
        # that is walked through in a circle and is too small never hits.
        "spark.sql.codegen.cache.maxEntries": "1000",
        # The JVM compiles no method of more bytes; Spark would generate some of up to 65,535.
        "spark.sql.codegen.hugeMethodLimit": "8000",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(shuffle_partitions),
        "spark.sql.streaming.noDataProgressEventInterval": "100ms",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        **s3_settings(environment),
    }


def s3_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Settings under which `s3://` and `s3a://` paths reach the configured S3 endpoint."""
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
    settings = {
        "fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "fs.AbstractFileSystem.s3.impl": "org.apache.hadoop.fs.s3a.S3A",
        "fs.AbstractFileSystem.s3a.impl": "org.apache.hadoop.fs.s3a.S3A",
        "fs.s3a.endpoint.region": region,
        "fs.s3a.bucket.probe": "0",
    }
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    if endpoint:
        settings |= {"fs.s3a.endpoint": endpoint, "fs.s3a.path.style.access": "true"}
    return {f"spark.hadoop.{key}": value for key, value in settings.items()}


def with_class_path(settings: Mapping[str, str], jars: Sequence[Path]) -> dict[str, str]:
    """`settings` with `jars` in front of Spark's own on the class path."""
    given = settings.get("spark.driver.extraClassPath", "")
    entries = [*map(str, jars), *([given] if given else [])]
    if not entries:
        return dict(settings)
    return {**settings, "spark.driver.extraClassPath": os.pathsep.join(entries)}


def write_conf_dir(
    folder: Path, settings: Mapping[str, str], log_file: Path, log_level: str
) -> Path:
    """A new SPARK_CONF_DIR inside `folder` that holds `settings` and logs to `log_file`."""
    conf = folder / "conf"
    conf.mkdir()
    lines = [f"{key} {_escaped(value)}\n" for key, value in settings.items()]
    (conf / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
    log4j = _LOG4J.format(level=log_level, log_file=log_file)
    (conf / "log4j2.properties").write_text(log4j, encoding="utf-8")
    return conf


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")
