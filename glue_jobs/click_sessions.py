"""Clickstream -> sessions: a row when one starts, and by mode when one ends or was told wrongly.

clickstream (Kinesis, Data Catalog) -> parse -> sessions by user, state beside the checkpoint
-> Lambda destination (session_writer -> sessions), rejects, job_batches (DynamoDB)
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from awsglue.context import GlueContext
from awsglue.job import Job
from pyspark.context import SparkContext

from catalog.registry import DATABASE
from catalog.streams import CLICKSTREAM
from glue_jobs import session_batch, sources
from glue_jobs.options import Duration, JobOptions, Lateness, Number, Position, Text, one_of
from transforms.sessionize import MODES


@dataclass(frozen=True)
class Options(JobOptions):
    """The arguments of the job."""

    checkpoint_path: Text
    lambda_function: Text
    database: Text = DATABASE
    table: Text = CLICKSTREAM.name
    mode: Annotated[str, one_of(*MODES)] = "live"
    gap: Duration = timedelta(minutes=30)
    max_length: Duration = timedelta(hours=24)
    allowed_lateness: Lateness = timedelta(minutes=1)
    history: Lateness = timedelta(0)
    window: Duration = timedelta(seconds=10)
    starting_position: Position = "TRIM_HORIZON"
    max_fetch_records_per_shard: Number = 100_000


def main(options: Options) -> None:
    """Runs the job for as long as there is a stream."""
    glue = GlueContext(SparkContext.getOrCreate())
    Job(glue).init(options.JOB_NAME, options.as_arguments())
    declared = sources.declared_schema(glue, options.database, options.table, CLICKSTREAM.schema)
    glue.forEachBatch(
        frame=sources.kinesis_rows(glue, options),
        batch_function=session_batch.of_job(glue, options, declared),
        options={
            "windowSize": f"{options.window.total_seconds():.0f} seconds",
            "checkpointLocation": options.checkpoint_path,
            "persistDataFrame": "false",  # it caches parsed records instead
        },
    )


if __name__ == "__main__":
    main(Options.from_argv())
