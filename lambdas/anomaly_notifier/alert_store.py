"""The table `alerts` as an outbox: what waits, who sends it, what is sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from lambdas.anomaly_notifier.alerts import PENDING, SENT, Alert
from lambdas.anomaly_notifier.errors import store_errors
from lambdas.anomaly_notifier.items import Item, alert_from, item_of

# Longer than publishing and marking can take with the clients' time-outs and retries.
LEASE = timedelta(seconds=30)
CLAIMED, DONE, BUSY = "claimed", "done", "busy"

_SWEPT_MESSAGES = 100  # the newest of a site: an older one comes with its own row


class AlertStore:
    """The table, reached by a low-level DynamoDB client. `now` is the wall clock's time."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def pending(self, site: str, prefix: str = "") -> list[Alert]:
        """Messages of a site that wait: those whose id begins so, else of its newest.

        Raises:
            StoreError: they could not be read.
        """
        starts = " AND begins_with(message_id, :prefix)" if prefix else ""
        values = {":site": site, ":pending": PENDING} | ({":prefix": prefix} if prefix else {})
        with store_errors(self._table):
            response = self._client.query(
                TableName=self._table,
                KeyConditionExpression=f"site = :site{starts}",
                FilterExpression="#state = :pending",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=item_of(values),
                ScanIndexForward=False,
                Limit=_SWEPT_MESSAGES,
                ConsistentRead=True,
            )
        return [alert_from(item) for item in response["Items"]]

    def claim(self, alert: Alert, now: datetime) -> str:
        """Claim a message until the lease ends: `claimed`, `done` when it was sent, `busy` when
        another invocation has claimed it.

        Raises:
            StoreError: the claim was not taken.
        """
        stands = self._update(
            alert,
            "SET claimed_until = :until",
            " AND (attribute_not_exists(claimed_until) OR claimed_until <= :now)",
            {":until": _lease_end(now), ":now": _epoch_ms(now)},
        )
        if stands is None:
            return CLAIMED
        return BUSY if stands.get("state", {}).get("S", PENDING) == PENDING else DONE

    def release(self, alert: Alert, now: datetime) -> None:
        """Give back a claim that was made with this `now`.

        Raises:
            StoreError: it was not taken; the claim ends by itself.
        """
        until = {":until": _lease_end(now)}
        self._update(alert, "REMOVE claimed_until", " AND claimed_until = :until", until)

    def mark_sent(self, alert: Alert, sns_message_id: str) -> None:
        """Note that a message was sent.

        Raises:
            StoreError: it was not taken; the message will be sent again.
        """
        sent = {":sent": SENT, ":id": sns_message_id}
        expression = "SET #state = :sent, sns_message_id = :id REMOVE claimed_until"
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


def _lease_end(now: datetime) -> int:
    return _epoch_ms(now + LEASE)
