"""The demand curve of a product, learnt from what was seen at each price.

Units bought per click at the price x of a product with the list price L are Poisson with the rate

    base_rate * scale * exp(-elasticity * h(x / L)) * local

where h(r) = (r**curvature - 1) / curvature, and the logarithm of r when the curvature is 0.
At list price h is 0, so the curve is anchored there: `base_rate` is the category's units per
click, `scale` the product's own multiple of it, and `elasticity` the price elasticity. Curvature 0
keeps the elasticity the same at every price, 1 lets it grow with the price. `local` is what the
curve misses at one price point.

Priors: log elasticity ~ Normal(log of the category's, elasticity_spread); scale ~
Gamma(scale_strength) with the mean (elasticity / the category's)**-coupling, as a product that is
dear for its shoppers both sells less and reacts more; local ~ Gamma(point_strength, mean 1).
Given the elasticity the scale has a Gamma posterior in closed form, so that only the elasticity
needs a grid. A price point with much evidence still counts for no more than `point_strength` units
in the curve, because `local` is the same for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Elasticities looked at, in standard deviations of its prior; the middle one is the prior's median.
NODES: Floats = np.linspace(-3.0, 3.0, 25)
LOG_WEIGHTS: Floats = -(NODES**2) / 2 - logsumexp(-(NODES**2) / 2)
CENTRE = len(NODES) // 2
LARGEST_EXPONENT = 50.0


@dataclass(frozen=True)
class Shape:
    """What all products share: the form of the curve and how far a product may stray from it."""

    curvature: float
    scale_strength: float
    elasticity_spread: float
    coupling: float
    point_strength: float

    def scale_rates(self) -> Floats:
        """The rate parameter of the scale's prior at each elasticity of the grid."""
        return self.scale_strength * np.exp(self.coupling * self.elasticity_spread * NODES)


@dataclass(frozen=True)
class Seen:
    """What was seen, an entry for each (product, price); `row` is the position of the product.

    `point` groups the entries of a row that share one `local` effect, `ratio` is the price as a
    multiple of the list price.
    """

    row: Ints
    point: Ints
    ratio: Floats
    clicks: Floats
    units: Floats


@dataclass(frozen=True)
class Curves:
    """The posterior of each product (first axis) over the elasticity grid (second axis).

    `weight` is the probability of an elasticity, `scale` the mean of the scale given it,
    `shape_parameter` and `rate_parameter` that Gamma; `evidence` the log marginal likelihood of a
    product, up to a constant of the data.
    """

    base_rate: Floats
    elasticity: Floats
    weight: Floats
    shape_parameter: Floats
    rate_parameter: Floats
    evidence: Floats

    @property
    def scale(self) -> Floats:
        """Mean of the scale given each elasticity."""
        return self.shape_parameter[:, None] / self.rate_parameter


@dataclass(frozen=True)
class Points:
    """What was seen at each point: units, and clicks weighed by the curve of each elasticity."""

    row: Ints
    point: Ints
    units: Floats
    tilt: Floats
    exposure: Floats


def height(ratio: Floats, curvature: float) -> Floats:
    """`h` of the module's formula: how far up the curve a price lies; 0 at list price."""
    if curvature == 0:
        return np.log(ratio)
    return (ratio**curvature - 1) / curvature


def decay(elasticity: Floats, heights: Floats) -> Floats:
    """Demand at a height as a multiple of that at list price; absurd prices stay finite."""
    return np.exp(np.clip(-elasticity * heights, -LARGEST_EXPONENT, LARGEST_EXPONENT))


def elasticities(centre: Floats, shape: Shape) -> Floats:
    """The grid of elasticities of each row, around the median `centre` of its prior."""
    return centre[:, None] * np.exp(shape.elasticity_spread * NODES)


def sum_rows(row: Ints, values: Floats, rows: int) -> Floats:
    """Sums of `values` (one or two axes) by `row`."""
    if values.ndim == 1:
        return np.bincount(row, weights=values, minlength=rows).astype(np.float64)
    width = values.shape[1]
    index = row[:, None] * width + np.arange(width)
    flat = np.bincount(index.ravel(), weights=values.ravel(), minlength=rows * width)
    return flat.reshape(rows, width).astype(np.float64)


def gather_points(seen: Seen, elasticity: Floats, base_rate: Floats, shape: Shape) -> Points:
    """The entries of each (row, point) added up."""
    h = height(seen.ratio, shape.curvature)
    keys = seen.row * (int(seen.point.max(initial=0)) + 1) + seen.point
    _, first, index = np.unique(keys, return_index=True, return_inverse=True)
    expected = seen.clicks * base_rate[seen.row]
    exposure = expected[:, None] * decay(elasticity[seen.row], h[:, None])
    return Points(
        row=seen.row[first],
        point=seen.point[first],
        units=sum_rows(index, seen.units, len(first)),
        tilt=sum_rows(index, seen.units * h, len(first)),
        exposure=sum_rows(index, exposure, len(first)),
    )


def fit_curves(
    base_rate: Floats, centre: Floats, shape: Shape, seen: Seen
) -> tuple[Curves, Points]:
    """The posterior of every row, and the points it came from.

    `base_rate` and `centre` are the priors of each row: units per click at list price, and the
    median of the elasticity.
    """
    rows = len(base_rate)
    grid = elasticities(centre, shape)
    points = gather_points(seen, grid, base_rate, shape)
    share = shape.point_strength / (shape.point_strength + points.exposure[:, CENTRE])
    units = sum_rows(points.row, share * points.units, rows)
    tilt = sum_rows(points.row, share * points.tilt, rows)
    exposure = sum_rows(points.row, share[:, None] * points.exposure, rows)
    alpha = shape.scale_strength
    rate = shape.scale_rates()
    log_joint = LOG_WEIGHTS + alpha * np.log(rate) - grid * tilt[:, None]
    log_joint = log_joint - (alpha + units)[:, None] * np.log(rate + exposure)
    total = logsumexp(log_joint, axis=1)
    constant = gammaln(alpha + units) - gammaln(alpha)
    curves = Curves(
        base_rate=base_rate,
        elasticity=grid,
        weight=np.exp(log_joint - total[:, None]),
        shape_parameter=alpha + units,
        rate_parameter=rate + exposure,
        evidence=total + constant + units * np.log(base_rate),
    )
    return curves, points
