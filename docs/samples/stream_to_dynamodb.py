"""Purchases of the stream `clickstream` become items of the table `orders`, as a Glue script."""

import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import ApplyMapping
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

ORDER = [
    ("event_id", "string", "order_id", "string"),  # an event sent twice is one order
    ("product_id", "string", "product_id", "string"),
    ("ordered_at", "string", "ordered_at", "string"),
    ("user_id", "string", "user_id", "string"),
    ("quantity", "int", "quantity", "bigint"),
    ("price_cents", "bigint", "unit_price_cents", "bigint"),
]

options = getResolvedOptions(sys.argv, ["JOB_NAME", "checkpoint_path"])
glue = GlueContext(SparkContext.getOrCreate())
job = Job(glue)
job.init(options["JOB_NAME"], options)


def write_orders(events: DataFrame, _batch_id: int) -> None:
    """Put the purchases that can be keyed; the same batch again puts the same items."""
    ordered_at = F.timestamp_millis("event_timestamp")
    purchases = events.where(
        "event_type = 'purchase' AND event_id > '' AND product_id > '' AND event_timestamp >= 0"
    ).withColumn("ordered_at", F.date_format(ordered_at, "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"))
    frame = DynamicFrame.fromDF(purchases, glue, "purchases")
    glue.write_dynamic_frame.from_options(
        frame=ApplyMapping.apply(frame=frame, mappings=ORDER),
        connection_type="dynamodb",
        connection_options={"dynamodb.output.tableName": "orders"},
    )


clicks = glue.create_data_frame.from_catalog(
    database="clickstream",
    table_name="clickstream",
    additional_options={"startingPosition": "TRIM_HORIZON", "inferSchema": "false"},
)
glue.forEachBatch(
    frame=clicks,
    batch_function=write_orders,
    options={"windowSize": "10 seconds", "checkpointLocation": options["checkpoint_path"]},
)
job.commit()
