"""Training: what was put into a history is found in it, and poor histories are refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from price_model.artefact import load
from price_model.errors import HistoryError
from price_model.train import main, train

Make = Callable[..., Any]


@pytest.mark.parametrize("elasticity", [0.8, 2.0, 4.0])
def test_the_elasticity_of_the_history_is_recovered(elasticity: float, make_history: Make) -> None:
    parameters = train(make_history(elasticity=elasticity)).parameters
    assert parameters.default.elasticity == pytest.approx(elasticity, rel=0.05)
    assert parameters.curvature == 0.0


def test_how_far_products_stray_is_recovered(make_history: Make) -> None:
    parameters = train(make_history(products=600, spread=0.3, scale_strength=5.0)).parameters
    assert parameters.elasticity_spread == pytest.approx(0.3, rel=0.15)
    assert parameters.scale_strength == pytest.approx(5.0, rel=0.2)
    assert parameters.coupling == pytest.approx(0.0, abs=0.2)
    assert parameters.default.base_rate == pytest.approx(0.2, rel=0.1)


@pytest.mark.parametrize("curvature", [0.0, 1.0, 2.0])
def test_the_form_of_the_curve_is_recovered(curvature: float, make_history: Make) -> None:
    assert train(make_history(curvature=curvature)).parameters.curvature == curvature


def test_a_history_that_strays_from_the_curve_gives_a_weak_prior_at_the_points(
    make_history: Make,
) -> None:
    exact = train(make_history()).parameters.point_strength
    rough = train(make_history(point_strength=30.0)).parameters.point_strength
    assert exact > 1_000
    assert rough == pytest.approx(30.0, rel=0.5)


def test_a_category_differs_from_all_as_far_as_its_products_do(make_history: Make) -> None:
    history = make_history(products=100)
    shoes = history["category"] == "shoes"
    history.loc[shoes, "units"] = history.loc[shoes, "units"] * 3
    parameters = train(history).parameters
    ratio = parameters.categories["shoes"].base_rate / parameters.categories["tents"].base_rate
    assert ratio == pytest.approx(3.0, rel=0.35)
    assert parameters.prior("boats") == parameters.default
    assert parameters.prior(None) == parameters.default


def test_the_order_and_cuts_of_the_rows_do_not_matter(make_history: Make) -> None:
    history = make_history(products=30)
    half = history.assign(clicks=history["clicks"] // 2, units=history["units"] // 2)
    rest = history.assign(
        clicks=history["clicks"] - half["clicks"], units=history["units"] - half["units"]
    )
    cut = pd.concat([rest, half]).sample(frac=1, random_state=1)
    assert train(cut).model_json() == train(history).model_json()


def test_null_categories_belong_to_all_products(make_history: Make) -> None:
    parameters = train(make_history(products=40).assign(category=None)).parameters
    assert parameters.categories == {}
    assert parameters.prior("shoes") == parameters.default


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h.drop(columns="units"), r"missing columns \['units'\]"),
        (lambda h: h.head(0), "no rows"),
        (lambda h: h.assign(units=-1), "units in row 1 is -1"),
        (lambda h: h.assign(clicks=np.nan), "clicks in row 1 is nan"),
        (lambda h: h.assign(clicks="many"), "clicks in row 1 is 'many'"),
        (lambda h: h.assign(list_price_cents=0), "at least 1"),
        (lambda h: h.assign(product_id=None), "product_id is null"),
        (lambda h: h.assign(price_cents=h["list_price_cents"]), "0 products with clicks at two"),
        (lambda h: h[h["product_id"].isin(["p-1", "p-2"])], "2 products .* at least 5"),
        (lambda h: h.assign(units=0), "0 units; at least 5 and 100"),
        (lambda h: h.assign(units=h["price_cents"] // 10), "does not fall with price"),
    ],
)
def test_poor_histories_are_refused_with_the_reason(
    change: Any, message: str, make_history: Make
) -> None:
    with pytest.raises(HistoryError, match=message):
        train(change(make_history(products=20)))


def test_the_command_writes_the_same_archive_for_the_same_history(
    tmp_path: Path, make_history: Make
) -> None:
    history, first, second = (tmp_path / name for name in ("h.csv", "a.tar.gz", "b.tar.gz"))
    make_history(products=30).to_csv(history, index=False)
    assert main([str(history), "--out", str(first)]) == 0
    assert main([str(history), "--out", str(second)]) == 0
    assert first.read_bytes() == second.read_bytes()
    first.rename(tmp_path / "model.tar.gz")
    assert load(tmp_path) == train(make_history(products=30))


def test_the_command_says_why_it_refuses_a_file(
    tmp_path: Path, make_history: Make, caplog: pytest.LogCaptureFixture
) -> None:
    history = tmp_path / "h.csv"
    make_history(products=2).to_csv(history, index=False)
    assert main([str(history), "--out", str(tmp_path / "model.tar.gz")]) == 1
    assert main([str(tmp_path / "none.csv"), "--out", str(tmp_path / "model.tar.gz")]) == 1
    assert "2 products" in caplog.text
    assert "none.csv" in caplog.text
    assert not (tmp_path / "model.tar.gz").exists()
