"""Stream records and items as values; what is wrong with them is said, and lasts."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.price_model import PRICE_REQUEST
from lambdas.price_updater.errors import PermanentError
from lambdas.price_updater.record import parse_candidate, parse_time, time_text


def test_a_captured_record_gives_a_candidate(make: SimpleNamespace) -> None:
    event = make.event("price_candidates_inserts")
    candidate = parse_candidate(event["Records"][0]["dynamodb"]["NewImage"])
    assert candidate.key == ("p1", "2026-01-01T00:00:00Z#00000000000000aa")
    assert (candidate.price_cents, candidate.price_version) == (999, 3)
    assert candidate.last_arrival_at == 1767225609500
    assert tuple(candidate.asked) == PRICE_REQUEST.names
    assert candidate.asked["observations"] == [{"price_cents": 999, "clicks": 12, "units": 1}]


def test_what_the_model_is_asked_has_nulls_for_what_is_not_known(make: SimpleNamespace) -> None:
    asked = make.candidate(stock=None, category=None).asked
    assert asked["stock"] is None
    assert asked["category"] is None


@pytest.mark.parametrize("name", ["window_end", "clicks", "known_product", "last_arrival_at"])
def test_a_candidate_without_a_required_column_is_malformed(
    make: SimpleNamespace, name: str
) -> None:
    with pytest.raises(PermanentError, match=f"price candidate: no {name}") as caught:
        make.candidate(**{name: None})
    assert caught.value.code == "malformed_candidate"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("window_end", "yesterday", "isoformat"),
        ("window_end", 5, "time 5; ISO-8601 text"),
        ("price_version", -1, "price_version is -1; a whole number from 0"),
        ("price_cents", "9.99", "price_cents is '9.99'; a whole number from 0"),
    ],
)
def test_a_candidate_of_another_type_is_malformed(
    make: SimpleNamespace, name: str, value: Any, message: str
) -> None:
    with pytest.raises(PermanentError, match=message):
        make.candidate(**{name: value})


@pytest.mark.parametrize("name", ["price_cents", "cost_cents"])
def test_a_product_without_price_or_cost_cannot_be_priced(make: SimpleNamespace, name: str) -> None:
    with pytest.raises(PermanentError, match=f"product 'p1': no {name}") as caught:
        make.product(**{name: None})
    assert caught.value.code == "unpriceable_product"


@pytest.mark.parametrize(
    ("name", "value"),
    [("price_cents", 0), ("cost_cents", -1), ("max_price_cents", 0), ("min_price_cents", True)],
)
def test_a_product_with_an_impossible_amount_cannot_be_priced(
    make: SimpleNamespace, name: str, value: Any
) -> None:
    with pytest.raises(PermanentError, match=name):
        make.product(**{name: value})


def test_a_fraction_of_a_cent_in_the_catalog_is_refused(make: SimpleNamespace) -> None:
    with pytest.raises(PermanentError, match=r"price_cents is 9\.5; a whole number from 1"):
        make.product(price_cents=Decimal("9.5"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01T00:00:10Z", "2026-01-01T00:00:10Z"),
        ("2026-01-01T01:00:10+01:00", "2026-01-01T00:00:10Z"),
        ("2026-01-01T00:00:10", "2026-01-01T00:00:10Z"),
        ("2026-01-01T00:00:10.5Z", "2026-01-01T00:00:10.500Z"),
    ],
    ids=["UTC", "an offset", "no offset is UTC", "milliseconds"],
)
def test_times_are_read_in_any_zone_and_written_in_utc(text: str, expected: Any) -> None:
    assert time_text(parse_time(text)) == expected
