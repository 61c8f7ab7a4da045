"""The lake: what streaming leaves behind, as Delta tables to query and to learn from."""

from catalog.columns import Column, Schema
from catalog.operations import REJECTS
from catalog.streams import CLICKSTREAM
from catalog.tables import LakeTable

EVENT_DATE = Column("event_date", "date", "day of the event time, UTC; the partition", True)

CLICKS = LakeTable(
    name="clicks",
    comment="The history: every event of `clickstream` once, by the day it happened on",
    partition_key="event_date",
    cluster_by=("product_id", "user_id"),
    skip_by=("event_timestamp",),
    schema=CLICKSTREAM.schema.plus(
        Column(
            "event_key",
            "bigint",
            "hash of `event_id`, else of the stream position: an event stands here once",
            required=True,
        ),
        Column(
            "other",
            "map<string,string>",
            "fields that the Data Catalog did not declare, as text, objects and lists as JSON;"
            " null for none",
        ),
        Column("stream", "string", "name of the stream", required=True),
        Column("sequence_number", "string", "sequence number in the stream", required=True),
        Column("partition_key", "string", "partition key of the record", required=True),
        Column("arrived_at", "bigint", "arrival in the stream, epoch ms", required=True),
        EVENT_DATE,
    ),
)

CLICK_REJECTS = LakeTable(
    name="click_rejects",
    comment="Records that `click_archive` could not use, with their position and the reason",
    partition_key="arrival_date",
    cluster_by=("reason",),
    skip_by=("arrived_at",),
    schema=Schema(tuple(c for c in REJECTS.schema if c.name not in ("expires_at", "job"))).plus(
        Column("arrival_date", "date", "day of the arrival, UTC; the partition", required=True),
    ),
)

PRICE_OBSERVATIONS = LakeTable(
    name="price_observations",
    comment="What the price model learns from: a product at one price on one day",
    partition_key="event_date",
    cluster_by=("product_id",),
    schema=Schema(
        (
            Column("product_id", "string", "identity of the product", required=True),
            Column("category", "string", "category; null when unknown"),
            Column("price_cents", "bigint", "price shown, minor units", required=True),
            Column("list_price_cents", "bigint", "reference price", required=True),
            Column("clicks", "bigint", "clicks at that price", required=True),
            Column("units", "bigint", "units bought at that price", required=True),
            EVENT_DATE,
        )
    ),
)
