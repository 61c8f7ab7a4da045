"""The guardrails: worked examples, and the laws that hold whatever the inputs."""

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.price_updater.guardrails import Clamp, guarded_price, out_of_bounds, whole_cents
from lambdas.price_updater.record import Product

TENTH = Fraction("0.1")
cents = st.integers(1, 10**9)
maybe_cents = st.none() | cents
products = st.builds(
    Product,
    product_id=st.just("p1"),
    price_cents=cents,
    cost_cents=st.integers(0, 10**9),
    min_price_cents=maybe_cents,
    max_price_cents=maybe_cents,
    price_version=st.just(0),
    price_updated_at=st.none(),
    item=st.just({}),
)
asked = st.floats(min_value=0, exclude_min=True, max_value=1e12)
steps = st.fractions(min_value=Fraction(1, 10**6), max_value=1)


def test_a_price_within_all_bounds_is_written_as_asked(make: SimpleNamespace) -> None:
    assert guarded_price(1050.0, make.product(), TENTH) == (1050, ())


@pytest.mark.parametrize(
    ("raw", "price"),
    [(1234.5, 1235), (1234.4999, 1234), (0.5, 1), (2.5, 3), (1.005, 1)],
)
def test_a_price_is_rounded_to_the_nearest_cent_halves_up(raw: float, price: float) -> None:
    assert whole_cents(raw) == price


@pytest.mark.parametrize(
    ("raw", "overrides", "price", "trail"),
    [
        (1299.4, {}, 1100, [("largest_step", 1299, 1100)]),
        (10.0, {}, 900, [("largest_step", 10, 900)]),
        (1299.0, {"max_price_cents": 1080}, 1080,
         [("largest_step", 1299, 1100), ("ceiling", 1100, 1080)]),
        (700.0, {"min_price_cents": 950}, 950,
         [("largest_step", 700, 900), ("floor", 900, 950)]),
        (700.0, {"cost_cents": 980}, 980,
         [("largest_step", 700, 900), ("cost", 900, 980)]),
        (1050.0, {"cost_cents": 2500}, 2500, [("cost", 1050, 2500)]),
        (1050.0, {"max_price_cents": 600, "min_price_cents": 700}, 700,
         [("ceiling", 1050, 600), ("floor", 600, 700)]),
        (1200.0, {"max_price_cents": 800, "min_price_cents": 900, "cost_cents": 950}, 950,
         [("largest_step", 1200, 1100), ("ceiling", 1100, 800), ("floor", 800, 900),
          ("cost", 900, 950)]),
    ],
    ids=["up", "down", "ceiling", "floor", "cost", "cost above the ceiling",
         "floor above the ceiling", "all four"],
)  # fmt: skip
def test_bounds_apply_in_a_fixed_order_and_leave_a_trail(
    make: SimpleNamespace, raw: float, overrides: dict[str, Any], price: float, trail: Any
) -> None:
    found = guarded_price(raw, make.product(**overrides), TENTH)
    assert found == (price, tuple(Clamp(*each) for each in trail))


def test_the_step_is_rounded_inwards(make: SimpleNamespace) -> None:
    product = make.product(price_cents=999, min_price_cents=None, cost_cents=0)
    assert guarded_price(5000.0, product, TENTH)[0] == 1098  # 1098.9
    assert guarded_price(1.0, product, TENTH)[0] == 900  # 899.1


@given(asked, products, steps)
def test_no_price_is_below_cost_or_below_one_cent(
    raw: float, product: Product, step: Fraction
) -> None:
    assert guarded_price(raw, product, step)[0] >= max(1, product.cost_cents)


@given(asked, products, steps)
def test_no_price_is_past_its_bounds_where_they_can_all_hold(
    raw: float, product: Product, step: Fraction
) -> None:
    price, _ = guarded_price(raw, product, step)
    floor = max(product.min_price_cents or 0, product.cost_cents)
    ceiling = product.max_price_cents
    assert price >= floor
    if ceiling is not None and ceiling >= floor:
        assert price <= ceiling
    if not out_of_bounds(product):
        assert abs(price - product.price_cents) <= step * product.price_cents


@given(asked, products, steps)
def test_the_trail_leads_from_the_price_asked_to_the_price_given(
    raw: float, product: Product, step: Fraction
) -> None:
    price, clamps = guarded_price(raw, product, step)
    ends = [whole_cents(raw), *(clamp.to_cents for clamp in clamps)]
    assert ends[-1] == price
    assert [clamp.from_cents for clamp in clamps] == ends[:-1]
    order = [clamp.name for clamp in clamps]
    assert order == [n for n in ("largest_step", "ceiling", "floor", "cost") if n in order]


@given(asked, products, steps)
def test_a_guarded_price_is_left_as_it_is_when_guarded_again(
    raw: float, product: Product, step: Fraction
) -> None:
    price, _ = guarded_price(raw, product, step)
    again, _ = guarded_price(float(price), product, step)
    assert again == price


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({}, False),
        ({"cost_cents": 1001}, True),
        ({"min_price_cents": 1001}, True),
        ({"max_price_cents": 999}, True),
        # nothing can be at most 800 and at least its cost: at cost it is as near as it can be
        ({"max_price_cents": 800, "cost_cents": 1000}, False),
    ],
)
def test_a_price_that_stands_past_a_bound_is_noticed(
    make: SimpleNamespace, overrides: dict[str, Any], expected: Any
) -> None:
    assert out_of_bounds(make.product(**overrides)) is expected
