"""The Kinesis source alone, against the loopback endpoint: no Spark, then Spark with a count.

Prints records/s and CPU seconds per million records of the driver's Python, and of all processes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.endpoint import serving


def read_alone(url: str, records: int, limit: int) -> dict[str, float]:
    """Plan and commit until all is read, in this process."""
    from pyspark_kinesis.options import parse_options
    from pyspark_kinesis.planner import Planner
    from pyspark_kinesis.tasks import read_task
    from pyspark_kinesis.transport import SignedTransport

    options = parse_options(_options(url, limit), {"AWS_REGION": "us-east-1"})
    planner = Planner(options, SignedTransport(options))
    planning = count = 0.0
    begun, cpu = time.perf_counter(), time.process_time()
    start = planner.initial().to_json()
    while count < records:
        end = planner.latest().to_json()
        planning = time.process_time() - cpu
        tasks = planner.partitions(start, end)
        count += sum(b.num_rows for task in tasks for b in read_task(task, options))
        planner.commit(end)
        start = end
    seconds = time.perf_counter() - begun
    planner.stop()
    return {
        "records_per_second": round(count / seconds),
        "driver_cpu_seconds_per_million": round(planning / count * 1e6, 2),
    }


def read_with_spark(url: str, records: int, limit: int, rounds: int) -> list[dict[str, float]]:
    """A streaming query that counts its batches; one figure a round, the first one cold."""
    from pyspark.sql import SparkSession

    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.master": "local[2]",
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
    }
    builder = SparkSession.builder.appName("kinesis_reader")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    figures = [_spark_round(session, url, records, limit) for _ in range(rounds)]
    session.stop()
    return figures


def _spark_round(session: Any, url: str, records: int, limit: int) -> dict[str, float]:
    counts: list[int] = []
    frame = session.readStream.format("kinesis").options(**_options(url, limit)).load()
    with tempfile.TemporaryDirectory() as checkpoint:
        cpu, begun = _cpu_of_children(), time.perf_counter()
        query = (
            frame.writeStream.foreachBatch(lambda batch, _: counts.append(batch.count()))
            .option("checkpointLocation", checkpoint)
            .start()
        )
        while sum(counts) < records and query.isActive:
            query.awaitTermination(0.02)  # type: ignore[arg-type]
        seconds, used = time.perf_counter() - begun, _cpu_of_children() - cpu
        query.stop()
    return {
        "records_per_second": round(sum(counts) / seconds),
        "cpu_seconds_per_million": round(used / sum(counts) * 1e6, 1),
        "batches": len(counts),
    }


def _options(url: str, limit: int) -> dict[str, Any]:
    return {
        "streamName": "clickstream",
        "endpointUrl": url,
        "region": "us-east-1",
        "startingPosition": "trim_horizon",
        "maxFetchRecordsPerShard": limit,
    }


def _cpu_of_children() -> float:
    """CPU seconds of this process and of every living process below it."""
    ticks = os.sysconf("SC_CLK_TCK")
    parents, spent = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(stat.parent.name)
        parents[pid], spent[pid] = int(fields[1]), sum(map(int, fields[11:15])) / ticks
    below, grown = {os.getpid()}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in below} - below
        below, grown = below | more, bool(more)
    return sum(spent.get(pid, 0.0) for pid in below if "loopback" not in _command(pid))


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def main() -> None:
    """Run both and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--limit", type=int, default=100_000, help="maxFetchRecordsPerShard")
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "000000000000")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "local")
    data = ("--records", str(options.records), "--size", str(options.size))
    with serving("benchmarks.kinesis_loopback", *data, "--shards", str(options.shards)) as url:
        report: dict[str, Any] = {"alone": read_alone(url, options.records, options.limit)}
        if options.rounds:
            report["spark"] = read_with_spark(url, options.records, options.limit, options.rounds)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
