"""Base rows with overrides, as DynamoDB has them and as its stream sends them."""

from __future__ import annotations

from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

CANDIDATE: dict[str, Any] = {
    "product_id": "p1",
    "candidate_id": "2026-01-01T00:00:00Z#00000000000000aa",
    "window_start": "2026-01-01T00:00:00Z",
    "window_end": "2026-01-01T00:00:10Z",
    "clicks": 12,
    "purchases": 1,
    "units": 1,
    "users": 9,
    "observations": [{"price_cents": 1000, "clicks": 12, "units": 1}],
    "evidence": [],
    "recent_orders": 2,
    "recent_units": 3,
    "known_product": True,
    "price_cents": 1000,
    "price_version": 3,
    "list_price_cents": 1100,
    "cost_cents": 400,
    "min_price_cents": 500,
    "max_price_cents": 2000,
    "stock": 20,
    "category": "kitchen",
    "first_event_at": 1767225601000,
    "last_event_at": 1767225609000,
    "last_arrival_at": 1767225609500,
    "expires_at": 1775001609,
}
PRODUCT: dict[str, Any] = {
    "product_id": "p1",
    "name": "Mug",
    "price_cents": 1000,
    "cost_cents": 400,
    "min_price_cents": 500,
    "max_price_cents": 2000,
    "price_version": 3,
    "colour": "blue",
}
ANSWER: dict[str, Any] = {
    "product_id": "p1",
    "candidate_id": CANDIDATE["candidate_id"],
    "price_cents": 1050.4,
    "expected_units_per_click": 0.1,
    "expected_profit_per_click_cents": 55.04,
    "current_profit_per_click_cents": 41.2,
    "model_version": "m1",
}


def attributes(row: dict[str, Any]) -> dict[str, Any]:
    """A row as DynamoDB's attribute values; nulls are left out, as the job leaves them out."""
    present = {name: value for name, value in row.items() if value is not None}
    return TypeSerializer().serialize(present)["M"]


def plain_rows(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items of attribute values as rows."""
    plain = TypeDeserializer().deserialize
    return [{name: plain(value) for name, value in item.items()} for item in items]


def stream_record(number: int = 1, **overrides: Any) -> dict[str, Any]:
    """An INSERT of the candidates' stream; None takes a column out."""
    image = attributes(CANDIDATE | overrides)
    return {
        "eventID": f"event-{number}",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:111122223333:table/price_candidates/stream/s",
        "dynamodb": {
            "ApproximateCreationDateTime": 1767225612.0,
            "Keys": {name: image[name] for name in ("product_id", "candidate_id")},
            "NewImage": image,
            "SequenceNumber": f"{number:021d}",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }
