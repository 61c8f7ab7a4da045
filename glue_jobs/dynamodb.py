"""DynamoDB as the look-ups and sinks need it: a client a worker, plain values, retries."""

from __future__ import annotations

import contextlib
import functools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from catalog.tables import DynamoTable
from glue_jobs import retries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
THREADS = 16
MAX_BATCH_KEYS = 100  # BatchGetItem takes no more
_ATTEMPTS = 10
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 5.0
_TRANSACTION_ITEMS = 100
_TRANSACTION_BYTES = 3_000_000  # DynamoDB takes 4 MB
_CANCELLED_FOR_NOW = ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")


class StillThrottledError(RuntimeError):
    """Raised when DynamoDB has left keys unprocessed after the last attempt."""


@functools.cache
def client() -> DynamoDBClient:
    """The client of this process: Spark keeps its Python workers, and they keep their connections.

    Throttles and server errors are retried with back-off by botocore.
    """
    return boto3.client(
        "dynamodb",
        config=Config(
            max_pool_connections=THREADS,
            parameter_validation=False,  # a tenth of a call's processor time
            retries={"mode": "standard", "max_attempts": _ATTEMPTS},
        ),
    )


def backoff(
    rng: random.Random | None = None, sleep: Callable[[float], None] = time.sleep
) -> Iterator[int]:
    """The attempts that a request of DynamoDB has, with their pauses."""
    return retries.backoff(_ATTEMPTS, _FIRST_PAUSE, _LONGEST_PAUSE, sleep, rng)


def put_once(table: DynamoTable, item: Item) -> None:
    """Puts the item unless its key is there: the first write wins, a replay changes nothing."""
    dynamo = client()
    with contextlib.suppress(dynamo.exceptions.ConditionalCheckFailedException):
        dynamo.put_item(**_put_request(table, item))


def put_all_once(table: DynamoTable, items: Sequence[Item]) -> None:
    """Puts the items that are not there, all in one transaction: none is seen without the others.

    More than 100 items, or more than 3 MB, go in several transactions, in the order given.

    Raises:
        StillThrottledError: transactions conflicted after all attempts.
    """
    for part in _transactions(items):
        for _ in backoff():
            if part := _put_missing(table, part):
                continue
            break
        else:
            raise StillThrottledError(
                f"TransactWriteItems on {table.name}: {len(part)} items in conflict after all"
                " attempts; another run of the job writes the same keys."
            )


def _put_missing(table: DynamoTable, items: list[Item]) -> list[Item]:
    """Tries the transaction; what is left to put when an item was there or in use."""
    dynamo = client()
    puts: list[Any] = [{"Put": _put_request(table, item)} for item in items]
    try:
        dynamo.transact_write_items(TransactItems=puts)
    except dynamo.exceptions.TransactionCanceledException as error:
        reasons = [r.get("Code") for r in error.response["CancellationReasons"]]
        unusable = set(reasons) - {"None", *_CANCELLED_FOR_NOW, "ConditionalCheckFailed"}
        if unusable:
            raise
        pairs = zip(items, reasons, strict=True)
        return [item for item, reason in pairs if reason != "ConditionalCheckFailed"]
    return []


def _transactions(items: Sequence[Item]) -> Iterator[list[Item]]:
    part: list[Item] = []
    size = 0
    for item in items:
        # What varies is the binary; the rest of an item is well below the margin to 4 MB.
        item_size = sum(len(value) for value in item.values() if isinstance(value, bytes)) + 4_096
        if part and (len(part) == _TRANSACTION_ITEMS or size + item_size > _TRANSACTION_BYTES):
            yield part
            part, size = [], 0
        part.append(item)
        size += item_size
    if part:
        yield part


def _put_request(table: DynamoTable, item: Item) -> dict[str, Any]:
    return {
        "TableName": table.name,
        "Item": typed_item(item),
        "ConditionExpression": f"attribute_not_exists({table.hash_key})",
    }


def plain(value: dict[str, Any]) -> Any:
    """The Python value of a typed attribute; whole numbers are int, others float."""
    ((kind, found),) = value.items()
    if kind == "N":
        return int(found) if found.lstrip("-").isdecimal() else float(found)
    if kind == "M":
        return plain_item(found)
    if kind == "L":
        return [plain(element) for element in found]
    if kind == "NULL":
        return None
    return found  # S, B, BOOL and the sets


def plain_item(item: dict[str, Any]) -> Item:
    """The item with Python values."""
    return {name: plain(value) for name, value in item.items()}


def typed(value: Any) -> dict[str, Any]:
    """The typed attribute of a Python value."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": repr(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, list):
        return {"L": [typed(element) for element in value]}
    return {"M": typed_item(value)}


def typed_item(item: Item) -> dict[str, Any]:
    """The item with typed attributes; what is None is left out."""
    return {name: typed(value) for name, value in item.items() if value is not None}
