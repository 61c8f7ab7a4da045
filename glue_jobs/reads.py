"""Reads of DynamoDB by key: plain items and the read units that they consumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from catalog.price_loop import ORDERS, PRICE_CANDIDATES, PRODUCTS
from glue_jobs import dynamodb
from glue_jobs.dynamodb import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Answer = tuple[Any, float]
_AFTER_HASH = "$"  # sorts directly after the "#" that follows the window in a candidate's id
_CANDIDATE = ("candidate_id", "window_start", "position_hash", "observations", "event_keys")
_ORDER = ("product_id", "ordered_at", "quantity", "status")


def products_of(client: DynamoDBClient, product_ids: list[str]) -> Answer:
    """The products there are, by id; at most 100 are asked for. Reads are consistent.

    Raises:
        StillThrottledError: keys are unprocessed after all attempts.
    """
    found: dict[str, Item] = {}
    units = 0.0
    pending: list[dict[str, Any]] = [{"product_id": {"S": i}} for i in product_ids]
    for _ in dynamodb.backoff():
        answer = client.batch_get_item(
            RequestItems={PRODUCTS.name: {"Keys": pending, "ConsistentRead": True}},
            ReturnConsumedCapacity="TOTAL",
        )
        units += sum(c["CapacityUnits"] for c in answer.get("ConsumedCapacity", []))
        items = map(dynamodb.plain_item, answer["Responses"].get(PRODUCTS.name, []))
        found |= {item["product_id"]: item for item in items}
        pending = answer.get("UnprocessedKeys", {}).get(PRODUCTS.name, {}).get("Keys", [])
        if not pending:
            return found, units
    raise dynamodb.StillThrottledError(
        f"BatchGetItem on {PRODUCTS.name}: {len(pending)} of {len(product_ids)} keys unprocessed"
        " after all attempts; raise the table's read capacity."
    )


def orders_of(client: DynamoDBClient, product_id: str, earliest: str, latest: str) -> Answer:
    """The product's orders with `ordered_at` from `earliest` to `latest`, both included."""
    return _read(
        client,
        TableName=ORDERS.name,
        IndexName="by_product",
        KeyConditionExpression="product_id = :id AND ordered_at BETWEEN :earliest AND :latest",
        # `status` is a word that DynamoDB reserves.
        ProjectionExpression="product_id, ordered_at, quantity, #status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={
            ":id": {"S": product_id},
            # Without its zone the text sorts before every instant of its second.
            ":earliest": {"S": earliest.rstrip("Z")},
            ":latest": {"S": latest},
        },
    )


def candidates_of(
    client: DynamoDBClient, product_id: str, first: str, last: str, evidence: int
) -> Answer:
    """The product's candidates of the windows from `first` to `last`, and the newest before.

    Those of the windows carry the keys of their events, each key once; the `evidence` before them
    carry none. Reads are consistent: a batch must see what the one before it wrote.
    """
    found: list[Item] = []
    units = 0.0
    for page, consumed in _pages(
        client,
        TableName=PRICE_CANDIDATES.name,
        KeyConditionExpression="product_id = :id AND candidate_id < :end",
        ProjectionExpression=", ".join(_CANDIDATE),
        ExpressionAttributeValues={":id": {"S": product_id}, ":end": {"S": last + _AFTER_HASH}},
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=evidence + 10,  # a window has few candidates, most often one
    ):
        found += page
        units += consumed
        if sum(item["window_start"] < first for item in found) >= evidence:
            break
    return _with_keys(found, first, evidence), units


def _with_keys(found: list[Item], first: str, evidence: int) -> list[Item]:
    before = [c for c in found if c["window_start"] < first][:evidence]
    seen: set[tuple[str, int]] = set()
    counted = []
    for candidate in sorted(
        (c for c in found if c["window_start"] >= first), key=lambda c: c["candidate_id"]
    ):
        keys = np.frombuffer(candidate.get("event_keys", b""), dtype=">i8").tolist()
        fresh = {(candidate["window_start"], key) for key in keys} - seen
        seen |= fresh
        counted.append({**candidate, "event_keys": [key for _, key in fresh]})
    return counted + [{**c, "event_keys": []} for c in before]


def _read(client: DynamoDBClient, **request: Any) -> Answer:
    items: list[Item] = []
    units = 0.0
    for page, consumed in _pages(client, **request):
        items += page
        units += consumed
    return items, units


def _pages(client: DynamoDBClient, **request: Any) -> Iterator[tuple[list[Item], float]]:
    while True:
        answer = client.query(**request, ReturnConsumedCapacity="TOTAL")
        yield (
            [dynamodb.plain_item(item) for item in answer["Items"]],
            answer["ConsumedCapacity"]["CapacityUnits"],
        )
        if not answer.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
