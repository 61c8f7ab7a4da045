"""Browser actions -> click-through rates in windows of 10 s, and what is unusual in them.

browser_actions (Kinesis, Data Catalog) -> parse -> counts by site and window -> detectors, state
beside the checkpoint -> ctr_windows (DynamoDB), Lambda destination (anomaly_notifier), rejects
"""

from dataclasses import dataclass
from datetime import timedelta

from awsglue.context import GlueContext
from awsglue.job import Job
from pyspark.context import SparkContext

from catalog.registry import DATABASE
from catalog.streams import BROWSER_ACTIONS
from glue_jobs import ctr_batch, sources
from glue_jobs.ctr_batch import Profile, Threshold
from glue_jobs.options import Duration, JobOptions, Lateness, Number, Position, Text


@dataclass(frozen=True)
class Options(JobOptions):
    """The arguments of the job; a threshold that is not given is the profile's own."""

    checkpoint_path: Text
    lambda_function: Text
    database: Text = DATABASE
    table: Text = BROWSER_ACTIONS.name
    profile: Profile = "default"
    score: Threshold = None
    evidence: Threshold = None
    effect: Threshold = None
    allowed_lateness: Lateness = timedelta(seconds=10)
    clear_after: Duration = timedelta(minutes=1)
    forget_after: Duration = timedelta(days=7)
    window: Duration = timedelta(seconds=10)
    starting_position: Position = "TRIM_HORIZON"
    max_fetch_records_per_shard: Number = 100_000


def main(options: Options) -> None:
    """Runs the job for as long as there is a stream."""
    glue = GlueContext(SparkContext.getOrCreate())
    Job(glue).init(options.JOB_NAME, options.as_arguments())
    fields = BROWSER_ACTIONS.schema
    declared = sources.declared_schema(glue, options.database, options.table, fields)
    glue.forEachBatch(
        frame=sources.kinesis_rows(glue, options),
        batch_function=ctr_batch.of_job(glue, options, declared),
        options={
            "windowSize": f"{options.window.total_seconds():.0f} seconds",
            "checkpointLocation": options.checkpoint_path,
            "persistDataFrame": "false",  # it caches parsed records instead
        },
    )


if __name__ == "__main__":
    main(Options.from_argv())
