"""What is asked of the price model and what it answers: one JSON object a line each way."""

from catalog.columns import Column, Schema
from catalog.price_loop import PRICE_CANDIDATES

CONTENT_TYPE = "application/jsonlines"

PRICE_REQUEST = PRICE_CANDIDATES.schema.select(
    "product_id",
    "candidate_id",
    "window_start",
    "window_end",
    "clicks",
    "purchases",
    "units",
    "users",
    "observations",
    "evidence",
    "recent_orders",
    "recent_units",
    "price_cents",
    "list_price_cents",
    "cost_cents",
    "min_price_cents",
    "max_price_cents",
    "stock",
    "category",
)

PRICE_ANSWER = Schema(
    (
        Column("product_id", "string", "as asked", required=True),
        Column("candidate_id", "string", "as asked", required=True),
        Column("price_cents", "double", "price of the highest expected profit", required=True),
        Column("expected_units_per_click", "double", "at that price", required=True),
        Column(
            "expected_profit_per_click_cents", "double", "at that price, given stock", required=True
        ),
        Column(
            "current_profit_per_click_cents",
            "double",
            "the same at the price that stands",
            required=True,
        ),
        Column("model_version", "string", "version of the artefact that answered", required=True),
    )
)
