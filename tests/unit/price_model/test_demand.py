"""The price of the highest expected profit: hand-worked values, and laws."""

import math
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from price_model.artefact import Prior
from price_model.demand import expected_sales

Make = Callable[..., Any]


def seen(price: int | None, clicks: int, units: int) -> dict[str, Any]:
    return {"price_cents": price, "clicks": clicks, "units": units}


def test_without_evidence_the_price_is_that_of_the_prior(
    make_model: Make, make_candidate: Make, ask: Make
) -> None:
    # Constant elasticity e: cost * e / (e - 1), so 500 * 2 / 1 and 500 * 3 / 2.
    plain, shoes = ask(make_model(), make_candidate(), make_candidate(category="shoes"))
    assert (plain["price_cents"], shoes["price_cents"]) == (1_000, 750)
    # 0.2 units a click at list price, 500 profit each; at 3/4 of it 0.2 * (4/3)**3.
    assert plain["expected_units_per_click"] == pytest.approx(0.2)
    assert plain["expected_profit_per_click_cents"] == pytest.approx(100.0)
    assert shoes["expected_units_per_click"] == pytest.approx(0.2 * 64 / 27)
    assert shoes["current_profit_per_click_cents"] == pytest.approx(100.0)


def test_a_category_that_was_not_in_training_has_the_prior_of_all(
    make_model: Make, make_candidate: Make, ask: Make
) -> None:
    known, unknown = ask(make_model(), make_candidate(), make_candidate(category="boats"))
    assert known == unknown


def test_evidence_at_list_price_moves_the_whole_curve(
    make_model: Make, make_candidate: Make, ask: Make
) -> None:
    # Scale: Gamma(4 + 30, 4 + 0.2 * 100), so 34/24 times the prior at every price.
    candidate = make_candidate(evidence=[seen(1_000, 100, 30)], price_cents=2_000)
    model = make_model()
    (answer,) = ask(model, candidate)
    assert answer["price_cents"] == 1_000
    assert answer["expected_units_per_click"] == pytest.approx(0.2 * 34 / 24)
    # At twice the list price a quarter of that, 1,500 profit each.
    assert answer["current_profit_per_click_cents"] == pytest.approx(0.2 * 34 / 24 / 4 * 1_500)


def test_a_point_with_evidence_has_a_gamma_posterior_around_the_curve(
    make_model: Make, make_candidate: Make, ask: Make
) -> None:
    # 20 units expected and point_strength 20: the curve takes half of the evidence, so its scale is
    # (4 + 15) / (4 + 10) and its mean 0.2 * 19/14; the point is Gamma(20 + 30, 20/mean + 100).
    candidate = make_candidate(observations=[seen(1_000, 100, 30)])
    (answer,) = ask(make_model(point_strength=20.0), candidate)
    mean = 0.2 * 19 / 14
    assert answer["price_cents"] == 1_000
    assert answer["expected_units_per_click"] == pytest.approx(50 / (20 / mean + 100))


def test_evidence_at_two_prices_teaches_the_elasticity(
    make_model: Make, make_candidate: Make, ask: Make
) -> None:
    # Nothing lost by going from 1,000 to 1,500, against all lost: the price goes up, or down.
    model = make_model(elasticity_spread=0.5)
    rigid = make_candidate(evidence=[seen(1_000, 500, 100), seen(1_500, 500, 95)])
    elastic = make_candidate(evidence=[seen(1_000, 500, 100), seen(1_500, 500, 10)])
    up, down = (answer["price_cents"] for answer in ask(model, rigid, elastic))
    assert up == 2_000
    assert down == 750


def test_coupling_takes_few_units_at_list_price_as_a_sign_of_elasticity(
    make_model: Make, make_candidate: Make, ask: Make
) -> None:
    few = make_candidate(evidence=[seen(1_000, 1_000, 40)])
    apart = make_model(elasticity_spread=0.4, scale_strength=50.0)
    coupled = make_model(elasticity_spread=0.4, scale_strength=50.0, coupling=2.0)
    assert ask(apart, few)[0]["price_cents"] == 1_000
    assert ask(coupled, few)[0]["price_cents"] == 750


@pytest.mark.parametrize(
    ("mean", "stock", "sales"),
    [
        (2.0, 0.0, 0.0),
        (2.0, 1.0, 1 - math.exp(-2)),
        (2.0, 2.0, 2 * math.exp(-2) + 2 * (1 - 3 * math.exp(-2))),
        (2.0, math.inf, 2.0),
        (0.0, 3.0, 0.0),
        (1e9, 7.0, 7.0),
        (5.0, 1e9, 5.0),
    ],
)
def test_expected_sales_are_those_of_a_poisson_cut_off_at_the_stock(
    mean: float, stock: float, sales: float
) -> None:
    assert expected_sales(np.array([mean]), np.array([stock]))[0] == pytest.approx(sales)


def test_a_short_stock_raises_the_price(make_model: Make, make_candidate: Make, ask: Make) -> None:
    # 400 clicks at hand: 80 units at 1,000; with 20 units to sell, 2,000 sells them all the same.
    candidates = [make_candidate(clicks=400, stock=stock) for stock in (None, 500, 20)]
    prices = [answer["price_cents"] for answer in ask(make_model(), *candidates)]
    assert prices == [1_000, 1_000, 2_000]


def test_the_stock_has_to_last_for_the_horizon_of_the_model(
    make_model: Make, make_candidate: Make, ask: Make
) -> None:
    # 40 clicks in a window of 10 s are 400 in 100 s.
    candidate = make_candidate(clicks=40, stock=20)
    window, longer = (make_model(stock_horizon_s=seconds) for seconds in (10.0, 100.0))
    assert ask(window, candidate)[0]["price_cents"] == 1_000
    assert ask(longer, candidate)[0]["price_cents"] == 2_000


def test_a_price_that_the_ladder_holds_twice_counts_once_with_its_evidence(
    make_model: Make, make_candidate: Make, ask: Make
) -> None:
    # Floor and ceiling leave one price, seen to sell a quarter of what the curve says.
    only = {"min_price_cents": 1_000, "max_price_cents": 1_000}
    candidate = make_candidate(**only, evidence=[seen(1_000, 100, 5)])
    (answer,) = ask(make_model(point_strength=20.0), candidate)
    mean = 0.2 * (4 + 2.5) / (4 + 10)
    assert answer["expected_units_per_click"] == pytest.approx(25 / (20 / mean + 100))


def test_without_stock_every_price_is_as_good_and_the_standing_one_stays(
    make_model: Make, make_candidate: Make, ask: Make
) -> None:
    (answer,) = ask(make_model(), make_candidate(stock=0, price_cents=1_234))
    assert answer["price_cents"] == 1_234
    assert answer["expected_profit_per_click_cents"] == 0.0


@pytest.mark.parametrize(
    ("changes", "price"),
    [
        ({"cost_cents": None, "category": "shoes"}, 500),
        ({"list_price_cents": None}, 1_000),
        ({"max_price_cents": 900}, 900),
        ({"min_price_cents": 1_100}, 1_100),
        ({"min_price_cents": 5_000}, 5_000),
        ({"cost_cents": 3_000, "price_cents": 1_000}, 3_000),
        ({"evidence": [seen(None, 50, 50), seen(0, 50, 50)]}, 1_000),
    ],
    ids=[
        "null cost: revenue, so as low as the ladder goes",
        "null list price: the standing price is the anchor",
        "ceiling binds",
        "floor binds",
        "floor above the ladder",
        "never below cost, at the end of the ladder",
        "no price seen: left out",
    ],
)
def test_nulls_and_bounds_are_as_documented(
    changes: dict[str, Any], price: int, make_model: Make, make_candidate: Make, ask: Make
) -> None:
    assert ask(make_model(), make_candidate(**changes))[0]["price_cents"] == price


cents = st.integers(1, 50_000)
observation = st.builds(seen, cents, st.integers(0, 500), st.integers(0, 500))


@st.composite
def candidates(draw: st.DrawFn) -> dict[str, Any]:
    floor, ceiling = sorted((draw(cents), draw(cents)))
    return {
        "price_cents": draw(cents),
        "list_price_cents": draw(st.none() | cents),
        "cost_cents": draw(st.none() | st.integers(0, ceiling)),
        "min_price_cents": draw(st.none() | st.just(floor)),
        "max_price_cents": draw(st.none() | st.just(ceiling)),
        "stock": draw(st.none() | st.integers(0, 10_000)),
        "clicks": draw(st.integers(0, 2**53)),
        "evidence": draw(st.lists(observation, max_size=6)),
        "observations": draw(st.lists(observation, max_size=3)),
    }


LEARNT = {
    "curvature": 2.0,
    "elasticity_spread": 0.4,
    "coupling": 1.0,
    "point_strength": 50.0,
    "ladder": tuple(round(0.5 * 1.05**n, 4) for n in range(25)),
}


@settings(max_examples=150, deadline=None)
@given(candidates())
def test_answers_are_finite_and_inside_the_bounds(
    make_model: Make, make_candidate: Make, ask: Make, changes: dict[str, Any]
) -> None:
    candidate = make_candidate(**changes)
    (answer,) = ask(make_model(**LEARNT), candidate)
    numbers = [value for value in answer.values() if isinstance(value, float)]
    assert all(math.isfinite(number) for number in numbers)
    floor = max(candidate["min_price_cents"] or 0, candidate["cost_cents"] or 0)
    assert answer["price_cents"] >= floor
    assert answer["price_cents"] <= (candidate["max_price_cents"] or math.inf)
    if floor <= candidate["price_cents"] <= (candidate["max_price_cents"] or math.inf):
        asked, stands = "expected_profit_per_click_cents", "current_profit_per_click_cents"
        assert answer[asked] >= answer[stands] * (1 - 1e-8) - 1e-9


@settings(max_examples=60, deadline=None)
@given(candidates(), st.randoms(use_true_random=False))
def test_order_and_place_of_evidence_do_not_matter(
    make_model: Make, make_candidate: Make, ask: Make, changes: dict[str, Any], random: Random
) -> None:
    pieces = [*changes["evidence"], *changes["observations"]]
    random.shuffle(pieces)
    cut = random.randint(0, len(pieces))
    moved = {**changes, "evidence": pieces[:cut], "observations": pieces[cut:]}
    model = make_model(**LEARNT)
    assert ask(model, make_candidate(**changes)) == ask(model, make_candidate(**moved))


@settings(max_examples=60, deadline=None)
@given(st.lists(candidates(), min_size=2, max_size=5))
def test_a_candidate_is_answered_the_same_alone_and_among_others(
    make_model: Make, make_candidate: Make, ask: Make, many: list[dict[str, Any]]
) -> None:
    model = make_model(**LEARNT)
    asked = [make_candidate(**changes) for changes in many]
    alone = [ask(model, candidate)[0] for candidate in asked]
    for one, other in zip(alone, ask(model, *asked), strict=True):
        assert one == pytest.approx(other)


@settings(max_examples=60, deadline=None)
@given(st.lists(observation, max_size=5), st.integers(0, 300), st.integers(1, 50))
def test_more_units_at_the_standing_price_never_lower_its_demand(
    make_model: Make,
    make_candidate: Make,
    ask: Make,
    evidence: list[dict[str, Any]],
    units: int,
    more: int,
) -> None:
    model = make_model(**LEARNT)
    profits = [
        answer["current_profit_per_click_cents"]
        for answer in ask(
            model,
            make_candidate(evidence=[*evidence, seen(1_000, 300, units)]),
            make_candidate(evidence=[*evidence, seen(1_000, 300, units + more)]),
        )
    ]
    assert profits[1] >= profits[0] * (1 - 1e-9)


@settings(max_examples=60, deadline=None)
@given(candidates(), st.integers(0, 1_000))
def test_less_stock_never_raises_the_profit(
    make_model: Make, make_candidate: Make, ask: Make, changes: dict[str, Any], stock: int
) -> None:
    model = make_model(**LEARNT)
    asked = [make_candidate(**{**changes, "stock": left}) for left in (stock, stock + 1, None)]
    profits = [answer["expected_profit_per_click_cents"] for answer in ask(model, *asked)]
    assert profits == pytest.approx(sorted(profits))


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 50), st.lists(observation, max_size=5))
def test_the_unit_of_money_does_not_matter(
    make_model: Make, make_candidate: Make, ask: Make, factor: int, evidence: list[dict[str, Any]]
) -> None:
    model = make_model(elasticity_spread=0.4, default=Prior(base_rate=0.2, elasticity=1.7))
    money = ("price_cents", "list_price_cents", "cost_cents")
    plain = make_candidate(evidence=evidence)
    scaled = make_candidate(
        **{name: plain[name] * factor for name in money},
        evidence=[seen(o["price_cents"] * factor, o["clicks"], o["units"]) for o in evidence],
    )
    small, large = ask(model, plain, scaled)
    assert large["price_cents"] == small["price_cents"] * factor
    assert large["expected_units_per_click"] == pytest.approx(small["expected_units_per_click"])
