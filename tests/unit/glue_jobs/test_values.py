from __future__ import annotations

from typing import Any

import pytest

from catalog.price_loop import PRODUCTS
from glue_jobs.values import fitted

PRICE = PRODUCTS.schema.select("price_cents")
TEXT = PRODUCTS.schema.select("category")


@pytest.mark.parametrize(
    ("found", "price"),
    [
        (999, 999),
        ("999", 999),
        (" -7 ", -7),
        (9.99, 9),
        (True, 1),
        ("9.99", None),
        ("dear", None),
        ("", None),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (float("inf"), None),
        ([5], None),
        (b"5", None),
        (None, None),
    ],
)
def test_a_number_is_what_converts_to_one(found: Any, price: int | None) -> None:
    assert fitted({"price_cents": found, "colour": "green"}, PRICE) == {"price_cents": price}


@pytest.mark.parametrize(("found", "text"), [("tea", "tea"), (5, "5"), (True, "true"), ({}, None)])
def test_a_text_is_what_converts_to_one(found: Any, text: str | None) -> None:
    assert fitted({"category": found}, TEXT) == {"category": text}


def test_a_column_that_no_item_has_is_none() -> None:
    assert fitted({}, PRICE) == {"price_cents": None}
