"""The history of clicks -> what was seen at each price -> a price model, served if it is no worse.

clicks (Delta) + orders, price_changes, products (DynamoDB) -> price_observations (Delta) -> train
-> champion gate -> artefact (S3) -> endpoint price-model (SageMaker)
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from awsglue.context import GlueContext
from awsglue.job import Job
from pyspark.context import SparkContext

from catalog.price_loop import ORDERS, PRICE_CHANGES, PRODUCTS
from catalog.registry import DATABASE
from glue_jobs import training
from glue_jobs.options import Day, Duration, JobOptions, Lateness, Number, Text, Tolerance


@dataclass(frozen=True)
class Options(JobOptions):
    """The arguments of the job; image and role are needed where there is no endpoint yet."""

    lake_path: Text
    models_path: Text
    database: Text = DATABASE
    orders_table: Text = ORDERS.name
    changes_table: Text = PRICE_CHANGES.name
    products_table: Text = PRODUCTS.name
    endpoint: Text = "price-model"
    model_image: Text = ""
    model_role: Text = ""
    instance_type: Text = "ml.m6i.large"
    update_timeout: Duration = timedelta(minutes=30)
    from_day: Day = None
    to_day: Day = None
    today: Day = None
    revisit: Lateness = timedelta(days=7)
    history_days: Number = 365
    holdout_days: Number = 7
    tolerance: Tolerance = 0.01


def main(options: Options) -> None:
    """Looks at the days, trains, and ends."""
    glue = GlueContext(SparkContext.getOrCreate())
    job = Job(glue)
    job.init(options.JOB_NAME, options.as_arguments())
    training.run(glue, options, options.today or datetime.now(UTC).date())
    job.commit()


if __name__ == "__main__":
    main(Options.from_argv())
