"""Items of the deployed tables as plain Python values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from typing import Any

from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from catalog.tables import DynamoTable
from localaws.clients import Clients
from localaws.errors import LocalCloudError

# BatchWriteItem takes 25 items a call.
_BATCH = 25
_TRIES = 10
_to_dynamodb = TypeSerializer().serialize
_from_dynamodb = TypeDeserializer().deserialize


@contextmanager
def readable(clients: Clients, table: str) -> Iterator[None]:
    """Tell what goes wrong inside as the table that cannot be read.

    Raises:
        LocalCloudError: the table is not there, or nothing answers.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise LocalCloudError(
            f"table {table}: cannot be read at {clients.endpoint} ({error});"
            " `clickstream status` says what runs there"
        ) from error


def put_items(clients: Clients, table: str, items: Iterable[Mapping[str, Any]]) -> int:
    """Put the items, whole; returns how many.

    Raises:
        LocalCloudError: the table kept refusing some of them.
    """
    count = 0
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        requests = [
            {"PutRequest": {"Item": {key: _to_dynamodb(value) for key, value in item.items()}}}
            for item in batch
        ]
        _write(clients, table, requests)
        count += len(batch)
    return count


def _write(clients: Clients, table: str, requests: list[dict[str, Any]]) -> None:
    pending = {table: requests}
    for _ in range(_TRIES):
        pending = clients["dynamodb"].batch_write_item(RequestItems=pending)["UnprocessedItems"]
        if not pending:
            return
    raise LocalCloudError(f"table {table}: {len(pending[table])} items are still unprocessed")


def scan(clients: Clients, table: str, columns: Iterable[str] = ()) -> Iterator[dict[str, Any]]:
    """Every item, or the named columns of it, as `plain_item` gives it."""
    names = {f"#c{i}": column for i, column in enumerate(columns)}
    projection = (
        {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
        if names
        else {}
    )
    pages = clients["dynamodb"].get_paginator("scan")
    for page in pages.paginate(TableName=table, ConsistentRead=True, **projection):
        for item in page["Items"]:
            yield plain_item(item)


def query(
    clients: Clients, table: DynamoTable, key: str, first: str | None = None, last: str = ""
) -> Iterator[dict[str, Any]]:
    """The items of a hash key by their range key, which lies from `first` to `last` if given."""
    names = {"#hash": table.hash_key}
    values = {":hash": _to_dynamodb(key)}
    condition = "#hash = :hash"
    if first is not None:
        names["#range"] = str(table.range_key)
        values |= {":first": _to_dynamodb(first), ":last": _to_dynamodb(last)}
        condition += " AND #range BETWEEN :first AND :last"
    pages = clients["dynamodb"].get_paginator("query")
    for page in pages.paginate(
        TableName=table.name,
        KeyConditionExpression=condition,
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        ConsistentRead=True,
    ):
        for item in page["Items"]:
            yield plain_item(item)


def count_items(clients: Clients, table: str) -> int:
    """How many items the table has."""
    pages = clients["dynamodb"].get_paginator("scan")
    return sum(
        page["Count"]
        for page in pages.paginate(TableName=table, Select="COUNT", ConsistentRead=True)
    )


def plain_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as the API has it as plain values.

    Numbers are int, or float where not whole, or Decimal where a float would lose digits.
    """
    return {name: _plain(_from_dynamodb(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return _plain_number(value)
    if isinstance(value, Binary):
        return bytes(value)  # type: ignore[call-overload]  # the stubs lack its __bytes__
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | set):
        return type(value)(_plain(item) for item in value)
    return value


def _plain_number(value: Decimal) -> int | float | Decimal:
    if value == value.to_integral_value():
        return int(value)
    near = float(value)
    return near if Decimal(str(near)) == value else value


def get_item(clients: Clients, table: str, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """The item of that key, or None."""
    answer = clients["dynamodb"].get_item(
        TableName=table,
        Key={name: _to_dynamodb(value) for name, value in key.items()},
        ConsistentRead=True,
    )
    item = answer.get("Item")
    return item and plain_item(item)
