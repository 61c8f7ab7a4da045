"""How well a model foretells sales that it has not seen.

It foretells as it serves: a product's curve is the category's, shaped by what was seen of the
product before. The score is the mean Poisson log likelihood of the units at each product and price,
given the clicks. It is proper for the expected units, which is what prices are decided by: no
forecast scores better on average than the true one, whatever else the units scatter by.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaln

from price_model.artefact import Artefact
from price_model.curve import Curves, Floats, Ints, Points, decay, fit_curves, height
from price_model.errors import HistoryError
from price_model.history import as_seen, clicked, price_points


def score(model: Artefact, past: pd.DataFrame, held_out: pd.DataFrame) -> float:
    """Mean log likelihood of the units of `held_out`, nats a product and price; higher is better.

    Both frames have the columns of `price_model.history`; `past` is what was seen before, and may
    be of other products or empty.

    Raises:
        HistoryError: a column is missing, a value is not allowed, or nothing was clicked in
            `held_out`.
    """
    asked = clicked(held_out)
    if asked.empty:
        raise HistoryError("score: nothing was clicked in what was held out")
    known = clicked(past) if len(past) else asked.head(0)
    mean = asked["clicks"].to_numpy() * _rates(model, known, asked)
    units = asked["units"].to_numpy()
    return float((units * np.log(mean) - mean - gammaln(units + 1)).mean())


def _rates(model: Artefact, known: pd.DataFrame, asked: pd.DataFrame) -> Floats:
    """Units per click that the model expects at each row of `asked`."""
    names, row = np.unique(asked["product_id"].to_numpy(dtype=str), return_inverse=True)
    known = known[known["product_id"].isin(names)]
    ratio, shape = asked["ratio"].to_numpy(), model.parameters.shape
    point = price_points(ratio)
    lowest = min(point.min(), price_points(known["ratio"].to_numpy()).min(initial=point.min()))
    of_known = np.searchsorted(names, known["product_id"].to_numpy(dtype=str))
    seen = as_seen(of_known, known, lowest)
    curves, points = fit_curves(*_priors(model, names, asked), shape, seen)
    fall = decay(curves.elasticity[row], height(ratio, shape.curvature)[:, None])
    local = _local(curves, points, row, point - lowest, shape.point_strength)
    rate = (curves.base_rate[:, None] * curves.scale)[row] * fall * local
    mean: Floats = (rate * curves.weight[row]).sum(axis=1)
    return mean


def _priors(model: Artefact, names: Any, asked: pd.DataFrame) -> tuple[Floats, Floats]:
    category = asked.groupby("product_id")["category"].first().loc[list(names)]
    priors = [model.parameters.prior(each) for each in category]
    return (
        np.array([prior.base_rate for prior in priors]),
        np.array([prior.elasticity for prior in priors]),
    )


def _local(curves: Curves, points: Points, row: Ints, point: Ints, strength: float) -> Floats:
    """By how much units were beyond the curve at each price asked for; 1 where nothing was seen."""
    where = zip(points.row.tolist(), points.point.tolist(), strict=True)
    at = {spot: n for n, spot in enumerate(where)}
    wanted = zip(row.tolist(), point.tolist(), strict=True)
    found = np.array([at.get(spot, -1) for spot in wanted])
    local = np.ones((len(row), curves.weight.shape[1]))
    n = found[found >= 0]
    expected = curves.scale[points.row[n]] * points.exposure[n]
    local[found >= 0] = (strength + points.units[n, None]) / (strength + expected)
    return local
