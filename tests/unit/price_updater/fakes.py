"""The AWS services that the function talks to, by hand and in memory."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.price_updater.rows import ANSWER, plain_rows

QUEUE_URL = "https://sqs.example/price_failures"


def client_error(code: str, operation: str = "Operation", **fields: Any) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": f"{code} happened"}, **fields}, operation
    )


class FakeDynamoDB:
    """Tables in memory with the conditions that the function uses; test_store.py holds it to a
    real engine. `fail_next` is raised by the next call that it names."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {
            "products": {},
            "price_changes": {},
        }
        self.fail_next: dict[str, list[Exception]] = {}

    def delete_item(self, TableName: str, Key: dict[str, Any]) -> None:  # noqa: N803
        del self.tables[TableName][(Key["product_id"]["S"],)]

    def put_item(self, TableName: str, Item: dict[str, Any]) -> None:  # noqa: N803
        keys = ("product_id", "candidate_id")
        key = tuple(Item[name]["S"] for name in keys if name in Item)
        self.tables[TableName][key] = dict(Item)

    def scan(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        return {"Items": [item for _, item in sorted(self.tables[TableName].items())]}

    def rows(self, table: str) -> list[dict[str, Any]]:
        return plain_rows(self.scan(table)["Items"])

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        self._fail("batch_get_item")
        found = {}
        for table, request in RequestItems.items():
            assert request["ConsistentRead"] is True
            names = request["ProjectionExpression"].split(", ")
            keys = [(key["product_id"]["S"],) for key in request["Keys"]]
            items = [self.tables[table][key] for key in keys if key in self.tables[table]]
            found[table] = [{n: item[n] for n in names if n in item} for item in items]
        return {"Responses": found, "UnprocessedKeys": {}}

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:  # noqa: N803
        self._fail("transact_write_items")
        reasons = [self._reason(*next(iter(each.items()))) for each in TransactItems]
        if any(reason["Code"] != "None" for reason in reasons):
            raise client_error("TransactionCanceledException", CancellationReasons=reasons)
        for each in TransactItems:
            self._write(*next(iter(each.items())))

    def _fail(self, name: str) -> None:
        if self.fail_next.get(name):
            raise self.fail_next[name].pop(0)

    def _item(self, kind: str, request: dict[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
        source = request["Item"] if kind == "Put" else request["Key"]
        names = ("product_id", "candidate_id") if kind == "Put" else ("product_id",)
        key = tuple(source[name]["S"] for name in names)
        return key, self.tables[request["TableName"]].get(key, {})

    def _reason(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        _, item = self._item(kind, request)
        values = request.get("ExpressionAttributeValues", {})
        if all(_holds(c, item, values) for c in request["ConditionExpression"].split(" AND ")):
            return {"Code": "None"}
        old = {"Item": item} if "ReturnValuesOnConditionCheckFailure" in request and item else {}
        return {"Code": "ConditionalCheckFailed", **old}

    def _write(self, kind: str, request: dict[str, Any]) -> None:
        key, item = self._item(kind, request)
        if kind == "Put":
            self.tables[request["TableName"]][key] = dict(request["Item"])
            return
        for part in request["UpdateExpression"].removeprefix("SET ").split(", "):
            name, value = part.strip().split(" = ")
            item[name] = request["ExpressionAttributeValues"][value]


def _holds(condition: str, item: dict[str, Any], values: dict[str, Any]) -> bool:
    if found := re.fullmatch(r"attribute_(not_)?exists\((\w+)\)", condition):
        return (found[2] in item) is (found[1] is None)
    name, value = condition.split(" = ")
    return item.get(name) == values[value]


class FakeRuntime:
    """A SageMaker runtime. `answer` makes the line for a line asked; `fail_next` is raised."""

    def __init__(self) -> None:
        self.answer: Callable[[dict[str, Any]], Any] = lambda row: (
            ANSWER
            | {
                "product_id": row["product_id"],
                "candidate_id": row["candidate_id"],
            }
        )
        self.content_type = "application/jsonlines"
        self.fail_next: list[Exception | None] = []
        self.calls: list[list[dict[str, Any]]] = []

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        assert request["EndpointName"] == "price-model"
        assert request["ContentType"] == request["Accept"] == "application/jsonlines"
        rows = [json.loads(line) for line in request["Body"].splitlines()]
        self.calls.append(rows)
        error = self.fail_next.pop(0) if self.fail_next else None
        if error is not None:
            raise error
        lines = [self.answer(row) for row in rows]
        text = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
        return {"ContentType": self.content_type, "Body": io.BytesIO(text.encode())}


class FakeQueue:
    """An SQS queue; `fail_next` is raised."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.fail_next: list[Exception] = []

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803
        assert QueueUrl == QUEUE_URL
        if self.fail_next:
            raise self.fail_next.pop(0)
        self.messages.append(json.loads(MessageBody))
