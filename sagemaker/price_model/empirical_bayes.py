"""Priors learnt from a history by empirical Bayes: those under which it was most likely.

Expectation-maximisation: the hidden scale and elasticity of every product are averaged over
(`price_model.curve`), then the priors are set to what they averaged to. It is a Poisson regression
with a product effect and an elasticity of each product, both shrunk: with ever weaker priors it
becomes the regression with fixed effects. A category is shrunk towards all products by
`CATEGORY_STRENGTH`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, gammaln

from price_model.curve import NODES, Curves, Floats, Ints, Points, Shape, fit_curves
from price_model.history import History

CURVATURES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
# A category's own products outweigh the others from this many on.
CATEGORY_STRENGTH = 4.0
SCALE_STRENGTHS = (0.1, 1_000.0)
POINT_STRENGTHS: Floats = np.logspace(0, 6, 61)
LEAST_SPREAD = 0.05
MOST_COUPLING = 5.0
MOST_ROUNDS = 1_000
CONVERGED = 1e-10


@dataclass(frozen=True)
class Fit:
    """A state of the fit: priors of each category (by position) and of all products, and shape.

    Base rates and elasticities are held as logarithms.
    """

    shape: Shape
    base: Floats
    elasticity: Floats
    overall_base: float
    overall_elasticity: float


def fit_priors(past: History) -> tuple[Fit, tuple[str, ...]]:
    """The priors of `past`, and the names of the categories they stand for, in order."""
    names, index = np.unique(np.array(past.category), return_inverse=True)
    start = _start(past, len(names))
    fits = [_maximise(_curved(start, curvature), past, index) for curvature in CURVATURES]
    fit = fits[int(np.argmax([_evidence(each, past, index) for each in fits]))]
    for _ in range(2):
        strength = _point_strength(*_posterior(fit, past, index))
        shape = replace(fit.shape, point_strength=strength)
        fit = _maximise(replace(fit, shape=shape), past, index)
    return fit, tuple(str(name) for name in names)


def _start(past: History, categories: int) -> Fit:
    seen = past.seen
    base = float(np.log(max(seen.units.sum(), 1) / seen.clicks.sum()))
    shape = Shape(0.0, scale_strength=2.0, elasticity_spread=0.5, coupling=0.0, point_strength=1e6)
    elasticity = float(np.log(2.0))
    return Fit(shape, np.full(categories, base), np.full(categories, elasticity), base, elasticity)


def _curved(fit: Fit, curvature: float) -> Fit:
    return replace(fit, shape=replace(fit.shape, curvature=curvature))


def _posterior(fit: Fit, past: History, index: Ints) -> tuple[Curves, Points]:
    return fit_curves(np.exp(fit.base[index]), np.exp(fit.elasticity[index]), fit.shape, past.seen)


def _evidence(fit: Fit, past: History, index: Ints) -> float:
    curves, _ = _posterior(fit, past, index)
    return float(curves.evidence.sum())


def _maximise(fit: Fit, past: History, index: Ints) -> Fit:
    """Expectation-maximisation until the evidence stands still."""
    before = -np.inf
    for _ in range(MOST_ROUNDS):
        curves, _ = _posterior(fit, past, index)
        evidence = float(curves.evidence.sum())
        if abs(evidence - before) < CONVERGED * abs(evidence):
            break
        before, fit = evidence, _improve(fit, curves, index)
    return fit


def _improve(fit: Fit, curves: Curves, index: Ints) -> Fit:
    """The priors that the products' posteriors average to."""
    shape = fit.shape
    log_grid = np.log(curves.elasticity)
    log_elasticity = (curves.weight * log_grid).sum(axis=1)
    elasticity, overall_elasticity = _shrunk(log_elasticity, index, len(fit.elasticity))
    spread = curves.weight * (log_grid - elasticity[index][:, None]) ** 2
    # What the scale is beyond what its elasticity lets expect: of mean 1 under the prior.
    beyond = curves.scale * shape.scale_rates() / shape.scale_strength
    own = (curves.weight * beyond).sum(axis=1)
    base, overall_base = _shrunk_rates(np.log(own) + fit.base[index], index, len(fit.base))
    shift = base[index] - fit.base[index]
    log_scale = digamma(curves.shape_parameter)[:, None] - np.log(curves.rate_parameter)
    log_own = log_scale + np.log(shape.scale_rates() / shape.scale_strength)
    mean_log_own = (curves.weight * log_own).sum(axis=1)
    improved = replace(
        shape,
        elasticity_spread=max(float(np.sqrt(spread.sum(axis=1).mean())), LEAST_SPREAD),
        scale_strength=_scale_strength(own / np.exp(shift), mean_log_own - shift),
        coupling=_coupling(curves.weight, log_scale, shape),
    )
    return Fit(improved, base, elasticity, overall_base, overall_elasticity)


def _coupling(weight: Floats, log_scale: Floats, shape: Shape) -> float:
    """Minus the slope of log scale on log elasticity, over the posteriors of all products."""
    away = shape.elasticity_spread * NODES
    centre = (weight * log_scale).sum() / weight.sum()
    mean_away = (weight * away).sum() / weight.sum()
    away = away - mean_away
    slope = (weight * away * (log_scale - centre)).sum() / (weight * away**2).sum()
    return float(np.clip(-slope, -MOST_COUPLING, MOST_COUPLING))


def _shrunk(values: Floats, index: Ints, categories: int) -> tuple[Floats, float]:
    """The mean of each category, shrunk towards that of all, and that of all."""
    overall = float(values.mean())
    counts = np.bincount(index, minlength=categories)
    sums = np.bincount(index, weights=values - overall, minlength=categories)
    return overall + sums / (counts + CATEGORY_STRENGTH), overall


def _shrunk_rates(log_rates: Floats, index: Ints, categories: int) -> tuple[Floats, float]:
    """As `_shrunk`, for rates: they average as themselves, so that the mean scale is 1."""
    overall = float(np.log(np.exp(log_rates).mean()))
    counts = np.bincount(index, minlength=categories)
    relative = np.exp(log_rates - overall)
    sums = np.bincount(index, weights=relative, minlength=categories)
    shrunk = (sums + CATEGORY_STRENGTH) / (counts + CATEGORY_STRENGTH)
    return overall + np.log(shrunk), overall


def _scale_strength(scale: Floats, log_scale: Floats) -> float:
    """The strength of the Gamma that these means and mean logarithms are most likely under."""
    target = float((scale - log_scale).mean()) - 1

    def slope(strength: float) -> float:
        return float(np.log(strength) - digamma(strength)) - target

    low, high = SCALE_STRENGTHS
    if slope(high) > 0:
        return high
    return float(brentq(slope, low, high)) if slope(low) > 0 else low


def _point_strength(curves: Curves, points: Points) -> float:
    """The strength of the Gamma at a price point under which its units are most likely."""
    fitted = curves.weight * curves.scale
    mean = (fitted[points.row] * points.exposure).sum(axis=1)
    strength = POINT_STRENGTHS[:, None]
    likelihood = gammaln(strength + points.units) - gammaln(strength) + strength * np.log(strength)
    likelihood = likelihood - (strength + points.units) * np.log(strength + mean)
    return float(POINT_STRENGTHS[likelihood.sum(axis=1).argmax()])
