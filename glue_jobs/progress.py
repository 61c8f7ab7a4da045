"""What became of each batch, in the table `job_batches`; the high-water mark lives there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.operations import JOB_BATCHES
from glue_jobs import dynamodb
from glue_jobs.dynamodb import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def high_water_mark(client: DynamoDBClient, query_id: str, batch_id: int) -> int | None:
    """The latest event time of all batches of the query before this one, epoch milliseconds.

    The batch's own item is left out: a replay must find late what the first try found late.
    """
    answer = client.query(
        TableName=JOB_BATCHES.name,
        KeyConditionExpression="query_id = :query AND batch_id < :batch",
        ExpressionAttributeValues={":query": {"S": query_id}, ":batch": {"N": str(batch_id)}},
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=1,
    )
    return next((dynamodb.plain_item(i).get("high_water_mark") for i in answer["Items"]), None)


def put_batch(client: DynamoDBClient, batch: Item) -> None:
    """Puts the batch's item, its last write, unless an earlier try got that far."""
    try:
        client.put_item(
            TableName=JOB_BATCHES.name,
            Item=dynamodb.typed_item(batch),
            ConditionExpression="attribute_not_exists(query_id)",
        )
    except client.exceptions.ConditionalCheckFailedException:
        pass
