"""Clickstream -> price candidates: what happened to each product in each window, and what is known.

clickstream (Kinesis, Data Catalog) -> parse -> count by product and window -> enrich with products,
orders and earlier candidates -> price_candidates, rejects, job_batches (DynamoDB)
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from awsglue.context import GlueContext
from awsglue.job import Job
from pyspark.context import SparkContext

from catalog.registry import DATABASE
from catalog.streams import CLICKSTREAM
from glue_jobs import enrichment, sources
from glue_jobs.options import Duration, JobOptions, Lateness, Number, Position, Text, one_of
from glue_jobs.price_batch import PriceBatches


@dataclass(frozen=True)
class Options(JobOptions):
    """The arguments of the job."""

    checkpoint_path: Text
    database: Text = DATABASE
    table: Text = CLICKSTREAM.name
    window: Duration = timedelta(seconds=100)
    allowed_lateness: Lateness = timedelta(minutes=10)
    enrichment: Annotated[str, one_of("keys", "snapshot")] = "keys"
    snapshot_every: Number = 1
    orders_horizon: Duration = timedelta(hours=24)
    evidence_candidates: Number = 50
    starting_position: Position = "TRIM_HORIZON"
    max_fetch_records_per_shard: Number = 100_000


def main(options: Options) -> None:
    """Runs the job for as long as there is a stream."""
    glue = GlueContext(SparkContext.getOrCreate())
    Job(glue).init(options.JOB_NAME, options.as_arguments())
    declared = sources.declared_schema(glue, options.database, options.table, CLICKSTREAM.schema)
    glue.forEachBatch(
        frame=sources.kinesis_rows(glue, options),
        batch_function=PriceBatches(glue, options, declared, enrichment.chosen(glue, options)),
        options={
            "windowSize": f"{options.window.total_seconds():.0f} seconds",
            "checkpointLocation": options.checkpoint_path,
            "persistDataFrame": "false",  # the job caches its parsed records instead
        },
    )


if __name__ == "__main__":
    main(Options.from_argv())
