"""The table `alerts` as an outbox: what waits, who sends it, what is sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from catalog.ctr import ALERTS
from lambdas.anomaly_notifier.alerts import PENDING, SENT, Alert
from lambdas.anomaly_notifier.errors import store_errors
from lambdas.anomaly_notifier.items import Item, alert_from, item_of

# Longer than to claim, publish and mark can take with the clients' time-outs and retries.
LEASE = timedelta(seconds=30)
CLAIMED, DONE, BUSY = "claimed", "done", "busy"

_NEWEST = 100  # messages of a site that are looked at for what waits
_OLDEST = 1000  # messages of all sites that one sweep takes
_BY_STATE = ALERTS.index("by_state")


class AlertStore:
    """The table, reached by a low-level DynamoDB client. `now` is the wall clock's time."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def pending(self, site: str) -> list[Alert]:
        """Messages that wait, among the newest of a site.

        Raises:
            StoreError: they could not be read.
        """
        with store_errors(self._table):
            response = self._client.query(
                TableName=self._table,
                KeyConditionExpression="site = :site",
                FilterExpression="#state = :pending",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=item_of({":site": site, ":pending": PENDING}),
                ScanIndexForward=False,
                Limit=_NEWEST,
                ConsistentRead=True,
            )
        return [alert_from(item) for item in response["Items"]]

    def oldest(self) -> list[Alert]:
        """Messages of all sites that wait, the oldest first; one just written may be missing, as
        an index lags.

        Raises:
            StoreError: they could not be read.
        """
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": _BY_STATE.name,
            "KeyConditionExpression": "#state = :pending",
            "ExpressionAttributeNames": {"#state": _BY_STATE.hash_key},
            "ExpressionAttributeValues": item_of({":pending": PENDING}),
        }
        items: list[Item] = []
        with store_errors(self._table):
            response = self._client.query(**request)
            items += response["Items"]
            while "LastEvaluatedKey" in response and len(items) < _OLDEST:
                request["ExclusiveStartKey"] = response["LastEvaluatedKey"]
                response = self._client.query(**request)
                items += response["Items"]
        return [alert_from(item) for item in items[:_OLDEST]]

    def claim(self, alert: Alert, token: str, now: datetime) -> str:
        """Claim a message until the lease ends: `claimed`, `done` when it was sent, `busy` when
        another invocation has claimed it. One that this token has claimed is claimed: the SDK
        tries again when an answer is lost.

        Raises:
            StoreError: the claim was not taken.
        """
        stands = self._update(
            alert,
            "SET claimed_until = :until, claimed_by = :token",
            " AND (attribute_not_exists(claimed_until) OR claimed_until <= :now)",
            {":until": _epoch_ms(now + LEASE), ":token": token, ":now": _epoch_ms(now)},
        )
        if stands is None:
            return CLAIMED
        if stands.get("state", {}).get("S", PENDING) != PENDING:
            return DONE
        return CLAIMED if stands.get("claimed_by") == {"S": token} else BUSY

    def release(self, alert: Alert, token: str) -> None:
        """Give back a claim of this token.

        Raises:
            StoreError: it was not taken; the claim ends by itself.
        """
        condition = " AND claimed_by = :token"
        self._update(alert, "REMOVE claimed_until, claimed_by", condition, {":token": token})

    def mark_sent(self, alert: Alert, sns_message_id: str) -> None:
        """Note that a message was sent.

        Raises:
            StoreError: it was not taken; the message will be sent again.
        """
        sent = {":sent": SENT, ":id": sns_message_id}
        expression = "SET #state = :sent, sns_message_id = :id REMOVE claimed_until, claimed_by"
        self._update(alert, expression, "", sent)

    def _update(
        self, alert: Alert, expression: str, condition: str, values: dict[str, Any]
    ) -> Item | None:
        """None when a pending message was updated, else the item as it stands."""
        with store_errors(self._table):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=item_of({"site": alert.site, "message_id": alert.message_id}),
                    UpdateExpression=expression,
                    ConditionExpression=f"#state = :pending{condition}",
                    ExpressionAttributeNames={"#state": "state"},
                    ExpressionAttributeValues=item_of(values | {":pending": PENDING}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise
                stands: Any = error.response
                return dict(stands.get("Item", {}))
        return None


def _epoch_ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
