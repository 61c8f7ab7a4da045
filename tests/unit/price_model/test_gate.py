"""The score of a model on sales that it has not seen, and what is decided by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from price_model.artefact import Prior
from price_model.errors import HistoryError
from price_model.gate import judge, split
from price_model.history import COLUMNS
from price_model.scoring import score
from price_model.train import train

Make = Callable[..., Any]
ROW = ("p-1", "shoes", 1_000, 1_000, 100, 20)
NONE = pd.DataFrame([], columns=list(COLUMNS))


def frame(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


@pytest.fixture
def certain(make_model: Make) -> Any:
    """A model that is sure of 0.2 units per click at list price, and elasticity 2."""
    return make_model(
        scale_strength=1e12, categories={}, default=Prior(base_rate=0.2, elasticity=2.0)
    )


def test_a_score_is_the_log_likelihood_of_a_poisson(certain: Any) -> None:
    """20 units expected and 20 bought: 20 log 20 - 20 - log 20! = 59.914645 - 20 - 42.335616."""
    assert score(certain, NONE, frame(ROW)) == pytest.approx(-2.420_97, abs=1e-4)


def test_it_is_the_mean_over_products_and_prices(certain: Any) -> None:
    """At twice the list price 5 units are expected: 5 log 5 - 5 - log 5! = -1.740300."""
    dear = ("p-1", "shoes", 2_000, 1_000, 100, 5)
    found = score(certain, NONE, frame(ROW, dear))
    assert found == pytest.approx((-2.420_97 - 1.740_30) / 2, abs=1e-4)


def test_rows_of_one_product_and_price_are_one(certain: Any) -> None:
    half = ("p-1", "shoes", 1_000, 1_000, 50, 10)
    assert score(certain, NONE, frame(half, half)) == score(certain, NONE, frame(ROW))


def test_what_was_seen_of_a_product_before_shapes_what_is_foretold(make_model: Make) -> None:
    """The product sells twice as much as its category lets expect."""
    model = make_model(categories={})
    asked = frame(("p-1", "shoes", 1_000, 1_000, 100, 40))
    seen = frame(("p-1", "shoes", 1_250, 1_000, 1_000, 256))
    other = frame(("p-2", "shoes", 1_250, 1_000, 1_000, 256))
    assert score(model, seen, asked) > score(model, NONE, asked)
    assert score(model, other, asked) == score(model, NONE, asked)


def test_a_miss_of_the_curve_at_a_price_is_expected_there_again(make_model: Make) -> None:
    model = make_model(point_strength=1.0, scale_strength=1e12, categories={})
    asked = frame(("p-1", "shoes", 1_100, 1_000, 100, 40))
    here = frame(("p-1", "shoes", 1_100, 1_000, 1_000, 400))
    elsewhere = frame(("p-1", "shoes", 900, 1_000, 1_000, 400))
    assert score(model, here, asked) > score(model, elsewhere, asked)


def test_what_was_held_out_must_have_been_clicked(certain: Any) -> None:
    with pytest.raises(HistoryError, match="nothing was clicked"):
        score(certain, NONE, frame(("p-1", "shoes", 1_000, 1_000, 0, 2)))


@pytest.mark.parametrize("wrong", [0.5, 0.8, 1.25, 2.0])
def test_the_truth_scores_best(make_model: Make, wrong: float) -> None:
    """The score is proper: on units drawn at the true rate no other rate does better."""
    generator = np.random.default_rng(3)
    held_out = frame(
        *(
            (f"p-{n}", None, 1_000, 1_000, 100, units)
            for n, units in enumerate(generator.poisson(20, 2_000))
        )
    )

    def of(rate: float) -> float:
        prior = Prior(base_rate=rate, elasticity=2.0)
        return score(make_model(scale_strength=1e12, default=prior), NONE, held_out)

    assert of(0.2) > of(0.2 * wrong)


def test_the_model_of_a_history_foretells_it_better_than_that_of_another(
    make_history: Make,
) -> None:
    past, held_out = make_history(seed=1, products=60), make_history(seed=2, products=60)
    past["product_id"] = "past-" + past["product_id"]
    right, wrong = train(past), train(make_history(seed=3, products=60, elasticity=4.0))
    decision = judge(right, wrong, past, held_out, ["2026-01-09"], 0.01)
    assert (decision.publish, decision.reason) == (True, "not_worse")
    turned = judge(wrong, right, past, held_out, ["2026-01-09"], 0.01)
    assert (turned.publish, turned.reason) == (False, "worse")
    assert turned.candidate_score == decision.champion_score
    assert turned.to_json()["held_out"] == ["2026-01-09"]


def test_the_tolerance_is_how_much_worse_a_candidate_may_be(certain: Any, make_model: Make) -> None:
    other = make_model(
        scale_strength=1e12, categories={}, default=Prior(base_rate=0.21, elasticity=2.0)
    )
    gap = score(certain, NONE, frame(ROW)) - score(other, NONE, frame(ROW))
    assert gap > 0
    within = judge(other, certain, NONE, frame(ROW), ["d"], gap * 1.01)
    beyond = judge(other, certain, NONE, frame(ROW), ["d"], gap * 0.99)
    assert (within.publish, beyond.publish) == (True, False)


@given(st.integers(0, 60), st.integers(1, 20))
def test_the_last_fifth_of_the_days_is_held_out_and_no_more_than_asked(
    days: int, most: int
) -> None:
    before, held_out = split(range(days), most)
    assert [*before, *held_out] == list(range(days))
    assert len(held_out) == min(most, days // 5)
