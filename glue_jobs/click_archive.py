"""Clickstream -> the history in Delta Lake: every event once, by the day it happened on.

clickstream (Kinesis, Data Catalog) -> parse -> each event once -> clicks, click_rejects (Delta),
job_batches (DynamoDB)
"""

from dataclasses import dataclass
from datetime import timedelta

from awsglue.context import GlueContext
from awsglue.job import Job
from pyspark.context import SparkContext

from catalog.registry import DATABASE
from catalog.streams import CLICKSTREAM
from glue_jobs import archive_batch, sources
from glue_jobs.options import Duration, JobOptions, Lateness, Number, Position, Text


@dataclass(frozen=True)
class Options(JobOptions):
    """The arguments of the job."""

    checkpoint_path: Text
    lake_path: Text
    database: Text = DATABASE
    table: Text = CLICKSTREAM.name
    duplicate_horizon: Lateness = timedelta(hours=1)
    window: Duration = timedelta(seconds=10)
    starting_position: Position = "TRIM_HORIZON"
    max_fetch_records_per_shard: Number = 500_000


def main(options: Options) -> None:
    """Runs the job for as long as there is a stream."""
    glue = GlueContext(SparkContext.getOrCreate())
    Job(glue).init(options.JOB_NAME, options.as_arguments())
    glue.forEachBatch(
        frame=sources.kinesis_rows(glue, options),
        batch_function=archive_batch.of_job(glue, options),
        options={
            "windowSize": f"{options.window.total_seconds():.0f} seconds",
            "checkpointLocation": options.checkpoint_path,
            "persistDataFrame": "false",  # it caches parsed records instead
        },
    )


if __name__ == "__main__":
    main(Options.from_argv())
