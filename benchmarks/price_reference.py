"""The price job's plan as a Spark program written by hand: from files, no Glue, stream or Kinesis.

Look-ups and writes are the job's own functions, so that what differs is the engine around them;
parsing, counting and features are written anew, in `price_reference_plan`. Reads requests
`{"events": path}` from standard input, and answers each when the last candidate is written.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from gluelocal import sparkconf
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from benchmarks import price_reference_plan as plan
from glue_jobs.lookups import look_up
from glue_jobs.sinks import put_candidates

EVIDENCE: Final = 50
CORES: Final = 2
SHUFFLE_PARTITIONS: Final = 2


def run_round(spark: SparkSession, path: str) -> dict[str, Any]:
    """A file to candidates; what was done."""
    events = plan.to_count(plan.good_events(spark, path)).persist()
    known = look_up(plan.asked(events), evidence=EVIDENCE, by_key=True).persist()
    units = known.agg(F.sum("read_units")).collect()[0][0]
    counts = plan.counts(plan.uncounted(events, known))
    written = put_candidates(plan.features(counts, known))
    candidates, counted = written.agg(F.count("*"), F.sum("events")).collect()[0]
    known.unpersist()
    events.unpersist()
    return {"candidates": candidates, "events": counted, "read_units": units}


def session(folder: Path) -> SparkSession:
    """A session with the settings that `gluelocal run` gives the job."""
    settings = sparkconf.defaults(
        os.environ, cores=CORES, shuffle_partitions=SHUFFLE_PARTITIONS, folder=folder
    )
    conf = sparkconf.write_conf_dir(folder, settings, folder / "spark.log", "WARN")
    os.environ |= {
        "SPARK_CONF_DIR": str(conf),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "TZ": "UTC",
    }
    return SparkSession.builder.appName("price_reference").getOrCreate()


def main() -> None:
    """Answer requests until standard input ends."""
    with tempfile.TemporaryDirectory() as folder:
        spark = session(Path(folder))
        for line in sys.stdin:
            print(json.dumps(run_round(spark, json.loads(line)["events"])), flush=True)
        spark.stop()


if __name__ == "__main__":
    main()
