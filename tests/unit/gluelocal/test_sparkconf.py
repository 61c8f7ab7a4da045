"""The Spark configuration of a run."""

from __future__ import annotations

from pathlib import Path

from gluelocal.faststart import FastStart
from gluelocal.sparkconf import defaults, s3_settings, with_class_path, write_conf_dir


def test_s3_paths_go_to_the_endpoint_of_the_environment() -> None:
    found = s3_settings({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_REGION": "eu-west-1"})
    assert found["spark.hadoop.fs.s3.impl"] == "org.apache.hadoop.fs.s3a.S3AFileSystem"
    assert found["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:1"
    assert found["spark.hadoop.fs.s3a.path.style.access"] == "true"
    assert found["spark.hadoop.fs.s3a.endpoint.region"] == "eu-west-1"


def test_the_endpoint_of_s3_alone_comes_first() -> None:
    found = s3_settings({"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_S3": "http://b"})
    assert found["spark.hadoop.fs.s3a.endpoint"] == "http://b"


def test_without_an_endpoint_s3_is_the_real_one() -> None:
    assert "spark.hadoop.fs.s3a.endpoint" not in s3_settings({})


def test_what_the_jvm_unpacks_goes_with_the_run(tmp_path: Path) -> None:
    found = defaults({}, cores=2, shuffle_partitions=2, folder=tmp_path)
    assert f"-Djava.io.tmpdir={tmp_path}" in found["spark.driver.extraJavaOptions"].split()


def test_jars_stand_before_a_class_path_that_was_given() -> None:
    found = with_class_path({"spark.driver.extraClassPath": "/c.jar"}, [Path("/a.jar")])
    assert found["spark.driver.extraClassPath"] == "/a.jar:/c.jar"


def test_settings_and_log_file_are_written_for_spark(tmp_path: Path) -> None:
    conf = write_conf_dir(tmp_path, {"spark.a": "x y", "spark.b": "c\\d"}, Path("/l.log"), "WARN")
    defaults = (conf / "spark-defaults.conf").read_text()
    assert defaults == "spark.a x y\nspark.b c\\\\d\n"
    assert "appender.file.fileName = /l.log\n" in (conf / "log4j2.properties").read_text()


def test_a_fast_start_is_the_command_that_spark_submit_would_end_in() -> None:
    fast = FastStart({}, ["--add-opens=x"], "/jars/spark.jsa")
    settings = {
        "spark.driver.memory": "1g",
        "spark.driver.extraClassPath": "/a.jar:/b.jar",
        "spark.driver.extraJavaOptions": "-Xss4m -Da=b",
    }
    submit = ["/bin/spark-submit", "--conf", "spark.driver.memory=3g", "pyspark-shell"]
    command = fast.command(submit, settings, Path("/conf"))
    assert command[2].endswith(":/a.jar:/b.jar")
    assert command[3:] == [
        "-Xmx3g",
        "-XX:SharedArchiveFile=/jars/spark.jsa",
        "-Xlog:disable",
        "-Dlog4j2.configurationFile=/conf/log4j2.properties",
        "--add-opens=x",
        "-Xss4m",
        "-Da=b",
        "org.apache.spark.deploy.SparkSubmit",
        "--conf",
        "spark.driver.memory=3g",
        "pyspark-shell",
    ]
