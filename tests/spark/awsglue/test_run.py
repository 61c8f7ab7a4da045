"""`gluelocal run`: whole scripts, in a process of their own, as Glue would run them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[3] / "awsglue_local" / "src"
SECONDS = 180
# Four files of one row each; a trigger that takes one file makes four batches of them.
BATCH_JOB = """
    import sys
    from awsglue.context import GlueContext
    from awsglue.job import Job
    from awsglue.utils import getResolvedOptions
    from pyspark.context import SparkContext

    args = getResolvedOptions(sys.argv, ["JOB_NAME", "folder"])
    glue = GlueContext(SparkContext.getOrCreate())
    job = Job(glue)
    job.init(args["JOB_NAME"], args)
    spark = glue.spark_session
    rows = (spark.readStream.schema("value STRING").option("maxFilesPerTrigger", "1")
            .text(args["folder"] + "/in"))

    def process(batch, batch_id):
        print("batch", batch_id, [row.value for row in batch.collect()], flush=True)
        {body}

    glue.forEachBatch(frame=rows, batch_function=process, options={{
        "windowSize": "100 seconds", "checkpointLocation": args["folder"] + "/checkpoint"}})
    job.commit()
    print("committed", flush=True)
"""
PLAIN_JOB = """
    import sys
    from pyspark.sql import SparkSession

    folder = sys.argv[1]
    spark = SparkSession.builder.appName("plain").getOrCreate()
    rows = (spark.readStream.schema("value STRING").option("maxFilesPerTrigger", "1")
            .text(folder + "/in"))
    query = (rows.writeStream.format("parquet").option("path", folder + "/out")
             .option("checkpointLocation", folder + "/checkpoint")
             .trigger(processingTime="100 seconds").start())
    query.awaitTermination()
    print("rows", spark.read.parquet(folder + "/out").count())
    print("app", spark.sparkContext.appName, spark.conf.get("spark.sql.ansi.enabled"))
"""


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Path]:
    """Writes a job, and the four files that it streams."""
    (tmp_path / "in").mkdir()
    for number in range(4):
        (tmp_path / "in" / f"{number}.txt").write_text(f"row {number}\n")

    def write(text: str, **parts: str) -> Path:
        path = tmp_path / "job.py"
        path.write_text(textwrap.dedent(text.format(**parts) if parts else text))
        return path

    return write


def start(script: Path, *arguments: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gluelocal.cli", "run", str(script), *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    with process:
        try:
            out, err = process.communicate(timeout=SECONDS)
        finally:
            process.kill()  # does nothing to one that has ended
        return process.returncode, out, err


def test_a_drained_job_returns_from_its_batches_and_commits(
    script: Callable[..., Path], tmp_path: Path
) -> None:
    job = script(BATCH_JOB, body="pass")
    arguments = ("--until", "drained", "--", "--JOB_NAME", "drain", "--folder", str(tmp_path))
    code, out, err = ended(start(job, *arguments))
    assert code == 0, err
    # Batches of 100 seconds, yet all four ran at once, each once.
    assert [line.split()[1] for line in out.splitlines()[:-1]] == ["0", "1", "2", "3"]
    assert out.splitlines()[-1] == "committed"
    assert err.splitlines()[-1] == "gluelocal: drain: drained"


def test_a_failing_batch_is_tried_again_and_ends_in_one_line(
    script: Callable[..., Path], tmp_path: Path
) -> None:
    job = script(
        BATCH_JOB.replace('"windowSize"', '"batchMaxRetries": 1, "windowSize"'),
        body='raise ValueError(f"batch {batch_id} is bad")',
    )
    log = tmp_path / "spark.log"
    code, out, err = ended(start(job, "--log-file", str(log), "--", "--folder", str(tmp_path)))
    assert code == 1
    assert [line.split()[:2] for line in out.splitlines()] == [["batch", "0"]] * 2
    last = err.splitlines()[-1]
    assert last == f"gluelocal: job failed: ValueError: batch 0 is bad (trace: {log})"
    assert "\tat " not in err
    assert "Traceback" not in err
    assert "Traceback" in log.read_text()


def test_a_stop_in_the_middle_of_a_batch_lets_it_finish(
    script: Callable[..., Path], tmp_path: Path
) -> None:
    job = script(
        BATCH_JOB.replace("100 seconds", "1 second"),
        body="import pathlib, time\n"
        "        while not pathlib.Path(args['folder'], 'go').exists(): time.sleep(0.05)\n"
        "        print('end', batch_id, flush=True)",
    )
    process = start(job, "--", "--folder", str(tmp_path), start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("batch 0")
    # To the whole group, as a terminal or a container does it: the JVM must outlive it.
    os.killpg(process.pid, signal.SIGTERM)
    threading.Timer(1.0, (tmp_path / "go").touch).start()
    code, out, err = ended(process)
    assert code == 0, err
    assert out.splitlines() == ["end 0", "committed"]
    assert err.splitlines()[-1] == "gluelocal: job: stopped by SIGTERM"
    assert sorted(path.name for path in (tmp_path / "checkpoint/commits").glob("[0-9]*")) == ["0"]


def test_a_run_of_two_batches_ends_before_the_third(
    script: Callable[..., Path], tmp_path: Path
) -> None:
    job = script(BATCH_JOB.replace("100 seconds", "0 seconds"), body="pass")
    arguments = ("--batches", "2", "--", "--folder", str(tmp_path))
    code, out, err = ended(start(job, *arguments))
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines()] == ["batch", "batch", "committed"]


def test_a_plain_stream_with_a_long_trigger_is_drained_too(
    script: Callable[..., Path], tmp_path: Path
) -> None:
    code, out, err = ended(start(script(PLAIN_JOB), "--until", "drained", "--", str(tmp_path)))
    assert code == 0, err
    assert out.splitlines() == ["rows 4", "app plain true"]
