"""What became of each batch, in the table `job_batches`; the high-water mark lives there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.operations import JOB_BATCHES
from glue_jobs import dynamodb
from glue_jobs.dynamodb import Item
from transforms.rules import Mark

if TYPE_CHECKING:
    from awsglue.context import GlueContext


def running_query(glue: GlueContext) -> str:
    """The id of the session's one streaming query: the same after a restart."""
    return str(glue.spark_session.streams.active[0].id)


def high_water_mark(query_id: str, batch_id: int) -> Mark | None:
    """How far all batches of the query before this one have read; None before the first event.

    The batch's own item is left out: a replay must find late what the first try found late.
    """
    answer = dynamodb.client().query(
        TableName=JOB_BATCHES.name,
        KeyConditionExpression="query_id = :query AND batch_id < :batch",
        ExpressionAttributeValues={":query": {"S": query_id}, ":batch": {"N": str(batch_id)}},
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=1,
    )
    before = next((dynamodb.plain_item(item) for item in answer["Items"]), {})
    if "high_water_mark" not in before:
        return None
    return Mark(before["high_water_mark"], before["last_arrival_at"])


def put_batch(batch: Item) -> None:
    """Puts the batch's item, the last of its writes, unless an earlier try got that far."""
    dynamodb.put_once(JOB_BATCHES, batch)
