"""DynamoDB and SNS as the function uses them, by hand and in memory."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from catalog.ctr import ALERTS, ANOMALIES, INCIDENTS
from tests.unit.price_updater.fakes import client_error
from tests.unit.price_updater.rows import plain_rows

Item = dict[str, Any]
TOPIC_ARN = "arn:aws:sns:us-east-1:111122223333:anomalies"


def _free(item: Item, now: int) -> bool:
    return int(item.get("claimed_until", {"N": "-1"})["N"]) <= now


def _number(value: Item) -> int:
    return int(value["N"])


# Every condition that the function sets, as what DynamoDB makes of it.
CONDITIONS: dict[str, Callable[[Item, Item], bool]] = {
    "attribute_not_exists(site)": lambda item, values: not item,
    "revision = :read": lambda item, values: item.get("revision") == values[":read"],
    "#state = :pending": lambda item, values: item.get("state") == values[":pending"],
    "#state = :pending AND claimed_by = :token": lambda item, values: (
        item.get("state") == values[":pending"] and item.get("claimed_by") == values[":token"]
    ),
    "#state = :pending AND (attribute_not_exists(claimed_until) OR claimed_until <= :now)": (
        lambda item, values: (
            item.get("state") == values[":pending"] and _free(item, _number(values[":now"]))
        )
    ),
    "#state <> :held": lambda item, values: item.get("state") != values[":held"],
}
KEYS: dict[str, Callable[[str, Item], bool]] = {
    "site = :site": lambda key, values: True,
    "site = :site AND message_id BETWEEN :start AND :end": lambda key, values: (
        values[":start"]["S"] <= key <= values[":end"]["S"]
    ),
}


class Faults:
    """What happens at the next calls, by operation: raised before the call has an effect or after,
    or something else happens meanwhile."""

    def __init__(self) -> None:
        self.before: dict[str, list[BaseException | None]] = {}
        self.after: dict[str, list[BaseException | None]] = {}
        self.meanwhile: dict[str, list[Callable[[], None]]] = {}
        self._lock = threading.Lock()

    def run(self, operation: str, call: Callable[[], Any]) -> Any:
        for step in self.meanwhile.pop(operation, []):
            step()
        with self._lock:
            _next_of(self.before, operation)
            answer = call()
            _next_of(self.after, operation)
        return answer


def _next_of(faults: dict[str, list[BaseException | None]], operation: str) -> None:
    waiting = faults.get(operation)
    error = waiting.pop(0) if waiting else None
    if error is not None:
        raise error


class FakeDynamoDB:
    """The three tables with the conditions that the function uses; test_store.py holds it to a
    real engine. Pages of a query are of `page_items` items."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.page_items = 1000
        self.tables: dict[str, dict[tuple[str, str], Item]] = {
            table.name: {} for table in (ANOMALIES, INCIDENTS, ALERTS)
        }

    def rows(self, table: str) -> list[dict[str, Any]]:
        return plain_rows([item for _, item in sorted(self.tables[table].items())])

    def scan(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        return {"Items": [item for _, item in sorted(self.tables[TableName].items())]}

    def put_item(self, TableName: str, Item: Item) -> None:  # noqa: N803
        _, key = self._key({"Put": {"TableName": TableName, "Item": Item}})
        self.tables[TableName][key] = dict(Item)

    def query(self, **request: Any) -> dict[str, Any]:
        if "IndexName" in request:
            name = f"query {request['IndexName']}"
            return dict(self.faults.run(name, lambda: self._query_index(request)))
        site = request["ExpressionAttributeValues"][":site"]["S"]
        name = f"query {request['TableName']} {site}"
        return dict(self.faults.run(name, lambda: self._query(request)))

    def transact_write_items(self, TransactItems: list[Item]) -> None:  # noqa: N803
        self.faults.run("transact_write_items", lambda: self._transact(TransactItems))

    def update_item(self, **request: Any) -> None:
        names = {
            "SET claimed_until": "claim",
            "SET #state": "mark",
            "REMOVE claimed_until,": "release",
        }
        name = names[" ".join(request["UpdateExpression"].split()[:2])]
        self.faults.run(name, lambda: self._update(request))

    def _query(self, request: Item) -> Item:
        assert request["ConsistentRead"] is True
        values, by_key = (
            request["ExpressionAttributeValues"],
            KEYS[request["KeyConditionExpression"]],
        )
        found = [
            (key, item)
            for (site, key), item in sorted(self.tables[request["TableName"]].items())
            if site == values[":site"]["S"] and by_key(key, values)
        ]
        if request.get("ScanIndexForward") is False:
            found.reverse()
        return self._page(request, found)

    def _query_index(self, request: Item) -> Item:
        assert (request["TableName"], request["IndexName"]) == ("alerts", "by_state")
        assert request["KeyConditionExpression"] == "#state = :pending"
        assert request["ExpressionAttributeNames"] == {"#state": "state"}
        assert "ConsistentRead" not in request  # DynamoDB refuses it of such an index
        state = request["ExpressionAttributeValues"][":pending"]
        alerts = [item for item in self.tables["alerts"].values() if item["state"] == state]
        names = ("at", "site", "message_id")
        keyed = [("/".join(each[name]["S"] for name in names), each) for each in alerts]
        return self._page(request, sorted(keyed, key=lambda each: each[0]))

    def _page(self, request: Item, found: list[tuple[str, Item]]) -> Item:
        values = request["ExpressionAttributeValues"]
        after = request.get("ExclusiveStartKey")
        start = [key for key, _ in found].index(after["key"]) + 1 if after else 0
        end = start + min(request.get("Limit", self.page_items), self.page_items)
        keep = CONDITIONS.get(request.get("FilterExpression", ""), lambda item, values: True)
        items = [item for _, item in found[start:end] if keep(item, values)]
        more = {"LastEvaluatedKey": {"key": found[end - 1][0]}} if end < len(found) else {}
        return {"Count": len(items), "Items": items, **more}

    def _transact(self, writes: list[Item]) -> None:
        assert 0 < len({self._key(each) for each in writes}) == len(writes) <= 100
        reasons = [self._reason(each) for each in writes]
        if any(reason["Code"] != "None" for reason in reasons):
            raise client_error("TransactionCanceledException", CancellationReasons=reasons)
        for each in writes:
            self._write(each)

    def _update(self, request: Item) -> None:
        assert request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
        if self._reason({"Update": request})["Code"] != "None":
            item = self._item({"Update": request})
            more = {"Item": item} if item else {}
            raise client_error("ConditionalCheckFailedException", **more)
        self._write({"Update": request})

    def _reason(self, write: Item) -> Item:
        (request,) = write.values()
        holds = CONDITIONS[request["ConditionExpression"]]
        values = request.get("ExpressionAttributeValues", {})
        return {"Code": "None" if holds(self._item(write), values) else "ConditionalCheckFailed"}

    def _key(self, write: Item) -> tuple[str, tuple[str, str]]:
        (request,) = write.values()
        source = request.get("Item") or request["Key"]
        names = {"anomalies": "window_start", "incidents": "incident_id", "alerts": "message_id"}
        table = request["TableName"]
        return table, (source["site"]["S"], source[names[table]]["S"])

    def _item(self, write: Item) -> Item:
        table, key = self._key(write)
        return self.tables[table].get(key, {})

    def _write(self, write: Item) -> None:
        table, key = self._key(write)
        if "Put" in write:
            self.tables[table][key] = dict(write["Put"]["Item"])
        else:
            item = self.tables[table].setdefault(key, dict(write["Update"]["Key"]))
            update(item, write["Update"])


def update(item: Item, request: Item) -> None:
    """SET and REMOVE; all names and values given are used, as DynamoDB demands."""
    names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
    text = f"{request['UpdateExpression']} {request['ConditionExpression']}"
    assert set(re.findall(r"#\w+", text)) == set(names)
    assert set(re.findall(r":\w+", text)) == set(values)
    setting, _, removing = request["UpdateExpression"].partition("REMOVE ")
    for part in filter(None, setting.removeprefix("SET ").strip().split(", ")):
        name, value = part.split(" = ")
        item[names.get(name, name)] = values[value]
    for name in filter(None, removing.split(", ")):
        item.pop(names.get(name, name), None)


class FakeSNS:
    """A topic that takes what SNS takes, and refuses what it refuses."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.published: list[dict[str, Any]] = []

    def publish(self, **request: Any) -> dict[str, str]:
        site = json.loads(json.loads(request["Message"])["sqs"])["site"]
        return dict(self.faults.run(f"publish {site}", lambda: self._publish(request)))

    def _publish(self, request: dict[str, Any]) -> dict[str, str]:
        assert request["TopicArn"] == TOPIC_ARN
        assert request["MessageStructure"] == "json"
        if refuses(request["Subject"]):
            raise client_error("InvalidParameter")
        words = json.loads(request["Message"])
        assert all(isinstance(word, str) for word in words.values())
        queued = json.loads(words["sqs"])
        assert words["default"] == words["email"] == queued["text"]
        assert words["sms"] == queued["sms"]
        assert request["Subject"] == queued["subject"]
        assert request["MessageAttributes"]["kind"]["StringValue"] == queued["kind"]
        self.published.append(queued)
        return {"MessageId": f"sns-{len(self.published)}"}


def refuses(subject: str) -> bool:
    """Whether SNS refuses a subject."""
    is_plain = subject.isascii() and subject.isprintable() and subject[:1].strip() != ""
    return not is_plain or len(subject) >= 100


def throttled() -> ClientError:
    return client_error("ThrottlingException")
