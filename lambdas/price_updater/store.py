"""Products and the ledger of prices: read with what a price depends on, written as one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.price_updater.decision import Change
from lambdas.price_updater.errors import PermanentError, PriceUpdaterError, TransientError
from lambdas.price_updater.record import PRICED_ON, Product, parse_product, time_text

Products = dict[str, Product | PermanentError | TransientError]

CHANGED, REPEATED, STALE = "changed", "repeated", "stale"

_KEYS_A_CALL = 100  # BatchGetItem's limit
_ROUNDS = 4  # keys that DynamoDB left unprocessed are asked for again, then by the next try
_READ = ("product_id", *PRICED_ON, "price_version", "price_updated_at")
_FAILED_CONDITION = "ConditionalCheckFailed"


class PriceStore:
    """The tables `products` and `price_changes`, reached by a low-level DynamoDB client."""

    def __init__(self, client: Any, products_table: str, price_changes_table: str) -> None:
        self._client = client
        self._products = products_table
        self._changes = price_changes_table

    def read(self, product_ids: Collection[str]) -> Products:
        """Each product as it stands (strongly consistent), or why there is none."""
        ids = list(dict.fromkeys(product_ids))
        products: Products = {}
        for start in range(0, len(ids), _KEYS_A_CALL):
            products |= self._read(ids[start : start + _KEYS_A_CALL])
        return products

    def commit(self, change: Change, committed_at: datetime) -> str:
        """Write the ledger entry and the price in one transaction: `changed`.

        `repeated` when the candidate is in the ledger, `stale` when the price has moved since the
        product was read; nothing is written then.

        Raises:
            TransientError: the transaction met another one, a throttle or a failure, or the
                product's bounds have moved while the price was being decided.
        """
        try:
            # No token of ours: the SDK makes one a call, for its own retries. One a candidate would
            # be refused as a mismatch on a later try, where the ledger answers `repeated`.
            self._client.transact_write_items(
                TransactItems=[self._entry(change, committed_at), self._update(change)]
            )
        except ClientError as error:
            return _outcome(change, error)
        except BotoCoreError as error:
            raise TransientError("write_failed", f"price transaction: {error}") from error
        return CHANGED

    def _read(self, ids: list[str]) -> Products:
        keys: list[dict[str, Any]] = [{"product_id": {"S": each}} for each in ids]
        items: list[dict[str, Any]] = []
        try:
            for _ in range(_ROUNDS):
                found, keys = self._get(keys)
                items += found
                if not keys:
                    break
        except (ClientError, BotoCoreError) as error:
            failure = TransientError("read_failed", f"{self._products}: {error}")
            return dict.fromkeys(ids, failure)
        left = TransientError("read_failed", f"{self._products}: keys were left unprocessed")
        return (
            {each: _vanished(each) for each in ids}
            | {key["product_id"]["S"]: left for key in keys}
            | {item["product_id"]["S"]: _product(item) for item in items}
        )

    def _get(self, keys: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Items found, and keys left unprocessed."""
        request = {"Keys": keys, "ConsistentRead": True, "ProjectionExpression": ", ".join(_READ)}
        response = self._client.batch_get_item(RequestItems={self._products: request})
        left = response.get("UnprocessedKeys", {}).get(self._products, {}).get("Keys", [])
        return response["Responses"].get(self._products, []), left

    def _entry(self, change: Change, committed_at: datetime) -> dict[str, Any]:
        return {
            "Put": {
                "TableName": self._changes,
                "Item": TypeSerializer().serialize(change.entry(committed_at))["M"],
                "ConditionExpression": "attribute_not_exists(candidate_id)",
            }
        }

    def _update(self, change: Change) -> dict[str, Any]:
        """The new price, on condition that all it was decided on still stands.

        An update, not a put: attributes that we do not know are kept.
        """
        conditions, values = _as_read(change.product)
        return {
            "Update": {
                "TableName": self._products,
                "Key": {"product_id": {"S": change.product.product_id}},
                "UpdateExpression": (
                    "SET price_cents = :new_price, price_version = :new_version,"
                    " price_updated_at = :effective_at"
                ),
                "ConditionExpression": conditions,
                "ExpressionAttributeValues": values
                | {
                    ":new_price": {"N": str(change.new_price_cents)},
                    ":new_version": {"N": str(change.price_version)},
                    ":effective_at": {"S": time_text(change.candidate.window_end)},
                },
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }


def _as_read(product: Product) -> tuple[str, dict[str, Any]]:
    """The condition that the product is as it was read, and the values it names."""
    conditions, values = ["attribute_exists(product_id)"], {}
    for name in (*PRICED_ON, "price_version"):
        if name in product.item:
            conditions.append(f"{name} = :old_{name}")
            values[f":old_{name}"] = product.item[name]
        else:
            conditions.append(f"attribute_not_exists({name})")
    return " AND ".join(conditions), values


def _product(item: dict[str, Any]) -> Product | PermanentError:
    try:
        return parse_product(item)
    except PermanentError as error:
        return error


def _vanished(product_id: str) -> PermanentError:
    return PermanentError("unknown_product", f"product {product_id!r}: not in the product catalog")


def _outcome(change: Change, error: ClientError) -> str:
    """What a failed transaction means.

    Raises:
        PriceUpdaterError: it means neither `repeated` nor `stale`.
    """
    reasons = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code") for reason in reasons] or [error.response["Error"]["Code"]]
    if codes[0] == _FAILED_CONDITION:
        return REPEATED
    if codes[-1] == _FAILED_CONDITION:
        return _moved(change, reasons[-1].get("Item"))
    detail = f"price transaction: {', '.join(map(str, codes))}: {error}"
    if "ValidationError" in codes or "ValidationException" in codes:
        raise PermanentError("write_refused", detail) from error
    raise TransientError("write_failed", detail) from error


def _moved(change: Change, item: Mapping[str, Any] | None) -> str:
    """Which condition of the product failed, by the product as it stands now."""
    if not item:
        raise _vanished(change.product.product_id)
    stands = _product({name: item[name] for name in _READ if name in item})
    if isinstance(stands, PriceUpdaterError):
        raise stands
    read = change.product
    if (stands.price_version, stands.price_cents) != (read.price_version, read.price_cents):
        return STALE
    raise TransientError("bounds_moved", f"product {read.product_id!r}: its bounds have changed")
