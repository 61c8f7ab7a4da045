"""From what was seen to the price of the highest expected profit, for many products at once.

Every product has a ladder of prices: multiples of its list price inside its bounds, and the price
that stands. At each of them the units per click have a Gamma posterior whose prior mean is the
product's curve (`price_model.curve`), which all of its evidence has shaped, and whose prior
strength was learnt in training. Expected profit of a price is

    E[min(Poisson(units per click * expected clicks), stock)] * (price - cost) / expected clicks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr, pdtrc

from price_model.artefact import Parameters
from price_model.curve import Curves, Floats, Ints, Points, Seen, decay, fit_curves, height

Booleans = NDArray[np.bool_]
# Profits closer than this, relative, are a tie: the price that moves least wins.
TIE = 1e-9
# Beyond the mean by this many standard deviations, a stock does not bind.
AMPLE_STOCK_SIGMAS = 12.0


@dataclass(frozen=True)
class Products:
    """What is known of each product, one entry each; no nulls left.

    `anchor` is the list price, `floor` and `ceiling` bound the answer, `stock` may be infinite,
    `clicks` are those expected while the stock has to last. Prices are minor units.
    """

    standing: Floats
    anchor: Floats
    cost: Floats
    floor: Floats
    ceiling: Floats
    stock: Floats
    clicks: Floats
    base_rate: Floats
    elasticity: Floats


@dataclass(frozen=True)
class Observed:
    """What was seen, an entry for each product (`row`) and price, merged, ascending by both."""

    row: Ints
    price: Floats
    clicks: Floats
    units: Floats


@dataclass(frozen=True)
class Decisions:
    """One entry a product: the price to ask, units per click there, and profit per click."""

    price: Floats
    rate: Floats
    profit: Floats
    standing_profit: Floats


def merge_observed(row: Ints, price: Ints, clicks: Ints, units: Ints) -> Observed:
    """Entries of the same product and price added up, so that order and cuts do not matter."""
    order = np.lexsort((price, row))
    row, price = row[order], price[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(row) != 0) | (np.diff(price) != 0)])
    if not len(row):
        starts = np.empty(0, dtype=np.int64)
    return Observed(
        row=row[starts],
        price=price[starts].astype(np.float64),
        clicks=_add_runs(clicks[order], starts),
        units=_add_runs(units[order], starts),
    )


def _add_runs(values: Ints, starts: Ints) -> Floats:
    return np.add.reduceat(values.astype(np.float64), starts) if len(starts) else np.empty(0)


def ladders(products: Products, multiples: Floats) -> tuple[Floats, Booleans]:
    """Prices to look at, ascending (second axis), and which of them may be chosen.

    Multiples outside the bounds become the bound. The price that stands is always on the ladder,
    to be compared with, but may be chosen only inside the bounds; a repeated price counts once.
    """
    floor, ceiling = products.floor[:, None], products.ceiling[:, None]
    multiplied = np.clip(np.rint(products.anchor[:, None] * multiples), floor, ceiling)
    prices = np.sort(np.hstack([multiplied, products.standing[:, None]]), axis=1)
    repeated = np.zeros(prices.shape, dtype=bool)
    repeated[:, 1:] = prices[:, 1:] == prices[:, :-1]
    return prices, (prices >= floor) & (prices <= ceiling) & ~repeated


def nearest_points(observed: Observed, prices: Floats, reach: float) -> Ints:
    """Position on the ladder that each entry is evidence of; one past its end for none.

    `reach` is the largest distance, as a difference of logarithms.
    """
    distance = np.abs(np.log(prices)[observed.row] - np.log(observed.price)[:, None])
    nearest: Ints = distance.argmin(axis=1).astype(np.int64)
    near = np.take_along_axis(distance, nearest[:, None], axis=1)[:, 0] <= reach
    nearest[~near] = prices.shape[1]
    return nearest


def rates(curves: Curves, points: Points, heights: Floats, point_strength: float) -> Floats:
    """Posterior mean of units per click at each ladder price (first axis product, second price).

    At a price with evidence: Gamma(point_strength + units, point_strength / mean + clicks), mean
    being that of the curve; elsewhere the mean of the curve itself; averaged over the elasticity.
    """
    level = curves.base_rate[:, None] * curves.scale
    curve = level[:, None, :] * decay(curves.elasticity[:, None, :], heights[:, :, None])
    here = points.point < heights.shape[1]
    row, point = points.row[here], points.point[here]
    expected = curves.scale[row] * points.exposure[here]
    curve[row, point] *= (point_strength + points.units[here, None]) / (point_strength + expected)
    mean: Floats = (curve * curves.weight[:, None, :]).sum(axis=2)
    return mean


def expected_sales(mean: Floats, stock: Floats) -> Floats:
    """E[min(Poisson(mean), stock)], elementwise; `stock` is a whole number or infinite."""
    sales = mean.copy()
    binding = stock < mean + AMPLE_STOCK_SIGMAS * (np.sqrt(mean) + 1)
    m, s = mean[binding], stock[binding]
    below = np.where(s >= 2, pdtr(np.maximum(s - 2, 0), m), 0.0)
    reached = np.where(s >= 1, pdtrc(np.maximum(s - 1, 0), m), 0.0)
    sales[binding] = m * below + s * reached
    return sales


def decide(products: Products, observed: Observed, parameters: Parameters) -> Decisions:
    """The price of the highest expected profit for each product; ties go to the nearest one."""
    multiples = np.asarray(parameters.ladder)
    prices, allowed = ladders(products, multiples)
    reach = float(np.diff(np.log(multiples)).max()) / 2
    shape = parameters.shape
    seen = Seen(
        row=observed.row,
        point=nearest_points(observed, prices, reach),
        ratio=observed.price / products.anchor[observed.row],
        clicks=observed.clicks,
        units=observed.units,
    )
    curves, points = fit_curves(products.base_rate, products.elasticity, shape, seen)
    heights = height(prices / products.anchor[:, None], shape.curvature)
    rate = rates(curves, points, heights, shape.point_strength)
    clicks = products.clicks[:, None]
    stock = np.broadcast_to(products.stock[:, None], rate.shape)
    profit = expected_sales(rate * clicks, stock) * (prices - products.cost[:, None]) / clicks
    return _choose(products.standing, prices, rate, profit, allowed)


def _choose(
    standing: Floats, prices: Floats, rate: Floats, profit: Floats, allowed: Booleans
) -> Decisions:
    best = np.where(allowed, profit, -np.inf).max(axis=1, keepdims=True)
    tied = allowed & (profit >= best - TIE * np.abs(best))
    distance = np.where(tied, np.abs(prices - standing[:, None]), np.inf)
    rows, chosen = np.arange(len(prices)), distance.argmin(axis=1)
    stands = (prices == standing[:, None]).argmax(axis=1)
    return Decisions(
        price=prices[rows, chosen],
        rate=rate[rows, chosen],
        profit=profit[rows, chosen],
        standing_profit=profit[rows, stands],
    )
