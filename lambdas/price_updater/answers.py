"""What the price model answered, checked line by line: an answer or the reason there is none."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.price_model import CONTENT_TYPE, PRICE_ANSWER
from lambdas.price_updater.errors import PermanentError, TransientError
from lambdas.price_updater.record import Key

# Far above any price, and inside the 38 digits that DynamoDB keeps of a number.
LARGEST_CENTS = 10**12

_NUMBERS = tuple(column.name for column in PRICE_ANSWER if column.type == "double")


@dataclass(frozen=True)
class Answer:
    """What the model answered on one candidate; money in cents, profit per click."""

    price_cents: float
    expected_profit_cents: float
    current_profit_cents: float
    model_version: str


def check_content_type(content_type: str) -> None:
    """Refuse an answer that is not JSON Lines.

    Raises:
        TransientError: it is something else, as from a proxy in front of a model that is down.
    """
    if content_type.split(";")[0].strip().lower() != CONTENT_TYPE:
        raise TransientError(
            "wrong_content_type",
            f"price model: answered {content_type!r}; {CONTENT_TYPE!r} is expected",
        )


def read_answers(body: bytes, asked: Collection[Key]) -> dict[Key, Answer | PermanentError]:
    """For each candidate asked about its answer, or why it has none."""
    found: dict[Key, Answer | PermanentError] = {}
    unread = ""
    for number, line in enumerate(body.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = _row(line)
        except (ValueError, RecursionError) as error:
            unread = unread or f"; line {number} of the answer is malformed: {error}"
            continue
        for key in _keys(row, asked):
            found[key] = _twice(key) if key in found else _answer(row)
    missing = PermanentError(
        "no_answer", f"price model: no answer on the candidate ({len(asked)} asked){unread}"
    )
    return {key: found.get(key, missing) for key in asked}


def _row(line: bytes) -> dict[str, Any]:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError(f"{type(row).__name__} found, an object is expected")
    return row


def _keys(row: Mapping[str, Any], asked: Collection[Key]) -> list[Key]:
    """The candidates that a line speaks of: an error line may leave the product out."""
    candidate, product = row.get("candidate_id"), row.get("product_id")
    return [key for key in asked if key[1] == candidate and product in (None, key[0])]


def _twice(key: Key) -> PermanentError:
    return PermanentError("ambiguous_answer", f"price model: more than one answer on {key[1]!r}")


def _answer(row: Mapping[str, Any]) -> Answer | PermanentError:
    if row.get("error") is not None:
        return PermanentError("model_refused", f"price model: {str(row['error'])[:500]}")
    for name in _NUMBERS:
        if not _is_amount(row.get(name)):
            return _bad(name, row, f"a number within {LARGEST_CENTS:,} is expected")
    if not row["price_cents"] > 0:
        return _bad("price_cents", row, "a price above 0 is expected")
    if not isinstance(row.get("model_version"), str) or not row["model_version"]:
        return _bad("model_version", row, "text is expected")
    return Answer(
        price_cents=float(row["price_cents"]),
        expected_profit_cents=float(row["expected_profit_per_click_cents"]),
        current_profit_cents=float(row["current_profit_per_click_cents"]),
        model_version=row["model_version"],
    )


def _is_amount(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -LARGEST_CENTS <= value <= LARGEST_CENTS  # false for NaN and the infinities


def _bad(name: str, row: Mapping[str, Any], expected: str) -> PermanentError:
    found = repr(row[name])[:100] if name in row else "nothing"
    return PermanentError("bad_answer", f"price model: {name} is {found}; {expected}")
