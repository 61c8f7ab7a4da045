"""The lake's files kept few, in order and no more than needed: a run an hour.

lake (Delta) -> small files compacted, closed days clustered, old files deleted -> lake,
figures of each table (Data Catalog)
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from awsglue.context import GlueContext
from awsglue.job import Job
from pyspark.context import SparkContext

from catalog.registry import DATABASE, LAKE_TABLES
from glue_jobs import lake, maintenance
from glue_jobs.options import Duration, JobOptions, Text, between, decimal, size, some_of

TABLES = tuple(table.name for table in LAKE_TABLES)
# Glue ends a batch job after 48 hours at the latest, unless told otherwise: what a job still reads,
# or is about to commit, is younger.
SHORTEST_RETENTION = timedelta(days=2)
# Of what a table has not had for longer its log says nothing: a vacuum deletes it all the same.
LONGEST_RETENTION = lake.LOG_REMEMBERS


@dataclass(frozen=True)
class Options(JobOptions):
    """The arguments of the job."""

    lake_path: Text
    database: Text = DATABASE
    tables: Annotated[tuple[str, ...], some_of(*TABLES)] = TABLES
    target_file_size: Annotated[int, size] = 128 * 1024 * 1024
    closed_after: Duration = timedelta(hours=6)
    recluster_share: Annotated[float, decimal] = 0.1
    retention: Annotated[timedelta, between(SHORTEST_RETENTION, LONGEST_RETENTION)] = timedelta(
        days=7
    )


def main(options: Options) -> None:
    """Runs the job once."""
    glue = GlueContext(SparkContext.getOrCreate())
    lake.check(glue.spark_session, options.lake_path)
    job = Job(glue)
    job.init(options.JOB_NAME, options.as_arguments())
    maintenance.run(glue.spark_session, options, now=lambda: datetime.now(UTC))
    job.commit()


if __name__ == "__main__":
    main(Options.from_argv())
