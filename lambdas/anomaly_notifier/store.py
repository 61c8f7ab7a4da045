"""What a row is judged by and writes: the tables `anomalies`, `incidents` and `alerts`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from lambdas.anomaly_notifier.alerts import HELD, Alert, Change
from lambdas.anomaly_notifier.errors import store_errors
from lambdas.anomaly_notifier.incidents import Incident
from lambdas.anomaly_notifier.items import (
    Item,
    alert_item,
    expires_at,
    incident_from,
    incident_row,
    item_of,
)
from lambdas.anomaly_notifier.record import RowError
from lambdas.anomaly_notifier.settings import Tables
from lambdas.anomaly_notifier.times import parse_time, time_text

RECORDED, REPEATED, CONFLICT = "recorded", "repeated", "conflict"

_RECENT_INCIDENTS = 10
_NEW = "attribute_not_exists(site)"
_FAILED_CONDITION = "ConditionalCheckFailed"


class IncidentStore:
    """The tables, reached by a low-level DynamoDB client; all reads are strongly consistent."""

    def __init__(self, client: Any, tables: Tables) -> None:
        self._client = client
        self._tables = tables

    def recent(self, site: str) -> list[Incident]:
        """The newest incidents of a site, newest first.

        Raises:
            StoreError: they could not be read.
        """
        with store_errors(self._tables.incidents):
            response = self._client.query(
                TableName=self._tables.incidents,
                KeyConditionExpression="site = :site",
                ExpressionAttributeValues={":site": {"S": site}},
                ScanIndexForward=False,
                Limit=_RECENT_INCIDENTS,
                ConsistentRead=True,
            )
        return [incident_from(item) for item in response["Items"]]

    def told_between(self, site: str, start: datetime, end: datetime) -> int:
        """Messages of a site with this event time (end exclusive) that were not held back.

        Raises:
            StoreError: they could not be counted.
        """
        times = {":start": time_text(start), ":end": time_text(end)}
        request: dict[str, Any] = {
            "TableName": self._tables.alerts,
            # An id goes on after its time, so none of the end itself is within.
            "KeyConditionExpression": "site = :site AND message_id BETWEEN :start AND :end",
            "FilterExpression": "#state <> :held",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": item_of({":site": site, ":held": HELD} | times),
            "Select": "COUNT",
            "ConsistentRead": True,
        }
        with store_errors(self._tables.alerts):
            response = self._client.query(**request)
            count = int(response["Count"])
            while "LastEvaluatedKey" in response:
                request["ExclusiveStartKey"] = response["LastEvaluatedKey"]
                response = self._client.query(**request)
                count += int(response["Count"])
        return count

    def write(self, change: Change) -> str:
        """Write the change in one transaction: `recorded`.

        `repeated` when the row was recorded before, `conflict` when an incident has moved since it
        was read; nothing is written then.

        Raises:
            StoreError: the transaction was not taken.
            RowError: it never will be.
        """
        rows = [self._anomaly(change)] if change.anomaly is not None else []
        alerts = [self._alert(alert) for alert in change.alerts]
        incidents = [self._incident(incident) for incident in change.incidents]
        with store_errors("transaction"):
            try:
                # The SDK makes a token a call, for its own retries; a later try of the row is
                # known by the items that must not be there yet.
                self._client.transact_write_items(TransactItems=rows + alerts + incidents)
            except ClientError as error:
                return _outcome(error, once=len(rows + alerts))
        return RECORDED

    def _anomaly(self, change: Change) -> Item:
        anomaly = dict(change.anomaly or {})
        start = parse_time(anomaly["window_start"])
        incident_id = change.incidents[-1].incident_id if change.incidents else None
        more = {
            "incident_id": incident_id,
            "expires_at": expires_at(start, self._tables.time_to_live),
        }
        return _put(self._tables.anomalies, item_of(anomaly | more))

    def _alert(self, alert: Alert) -> Item:
        return _put(self._tables.alerts, alert_item(alert, self._tables.time_to_live))

    def _incident(self, incident: Incident) -> Item:
        """An update, not a put: attributes that we do not know are kept."""
        row = incident_row(incident, self._tables.time_to_live)
        key = {name: row.pop(name) for name in ("site", "incident_id")}
        kept = [f"#{name} = :{name}" for name, value in row.items() if value is not None]
        gone = [f"#{name}" for name, value in row.items() if value is None]
        values = {f":{name}": value for name, value in row.items()}
        is_new = incident.revision == 1
        return {
            "Update": {
                "TableName": self._tables.incidents,
                "Key": item_of(key),
                "UpdateExpression": f"SET {', '.join(kept)}"
                + (f" REMOVE {', '.join(gone)}" if gone else ""),
                "ConditionExpression": _NEW if is_new else "revision = :read",
                "ExpressionAttributeNames": {f"#{name}": name for name in row},
                "ExpressionAttributeValues": item_of(
                    values if is_new else values | {":read": incident.revision - 1}
                ),
            }
        }


def _put(table: str, item: Item) -> Item:
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": _NEW}}


def _outcome(error: ClientError, once: int) -> str:
    """What a failed transaction means, of which the first `once` writes are made once.

    Raises:
        RowError: DynamoDB never takes it.
        ClientError: it was for another reason than a condition or another writer.
    """
    reasons = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code") for reason in reasons] or [error.response["Error"]["Code"]]
    if _FAILED_CONDITION in codes[:once]:
        return REPEATED
    if _FAILED_CONDITION in codes or "TransactionConflict" in codes:
        return CONFLICT
    if "ValidationError" in codes or "ValidationException" in codes:
        raise RowError(f"DynamoDB refuses it: {error}") from error
    raise error
