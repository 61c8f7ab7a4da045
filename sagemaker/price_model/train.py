"""The artefact from a sales history: `python -m price_model.train HISTORY.csv --out model.tar.gz`.

Prices that followed demand (raised because it was high) make demand look less elastic than it is;
train on prices that were varied on purpose, or for other reasons.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from price_model.artefact import Artefact, Parameters, Prior
from price_model.empirical_bayes import Fit, fit_priors
from price_model.errors import HistoryError
from price_model.history import History, read_history

LADDER = tuple(round(0.5 * 1.025**step, 4) for step in range(49))
STOCK_HORIZON_S = 86_400.0
LEAST_ELASTICITY = 0.1
DIGITS = 10


def train(history: pd.DataFrame, *, stock_horizon_s: float = STOCK_HORIZON_S) -> Artefact:
    """The artefact learnt from `history` (columns in `price_model.history`).

    `stock_horizon_s` is the time that a stock has to last, seconds.

    Raises:
        HistoryError: the history is faulty or too small, or demand in it does not fall with price.
    """
    past = read_history(history)
    fit, names = fit_priors(past)
    if fit.overall_elasticity < np.log(LEAST_ELASTICITY):
        raise HistoryError(
            f"history: elasticity at list price is {np.exp(fit.overall_elasticity):.3f}, demand "
            f"does not fall with price; at least {LEAST_ELASTICITY} is needed: check that prices "
            "were not raised because demand was high"
        )
    return _artefact(fit, names, past, stock_horizon_s)


def _artefact(fit: Fit, names: tuple[str, ...], past: History, stock_horizon_s: float) -> Artefact:
    priors = zip(names, fit.base.tolist(), fit.elasticity.tolist(), strict=True)
    shape = fit.shape
    parameters = Parameters(
        curvature=shape.curvature,
        scale_strength=_rounded(shape.scale_strength),
        elasticity_spread=_rounded(shape.elasticity_spread),
        coupling=_rounded(shape.coupling),
        point_strength=_rounded(shape.point_strength),
        default=_prior(fit.overall_base, fit.overall_elasticity),
        categories={name: _prior(base, slope) for name, base, slope in priors if name},
        ladder=LADDER,
        stock_horizon_s=stock_horizon_s,
    )
    seen = past.seen
    training = {
        "products": len(past.category),
        "price_points": len(seen.row),
        "clicks": int(seen.clicks.sum()),
        "units": int(seen.units.sum()),
    }
    return Artefact(parameters, training)


def _prior(log_base: float, log_elasticity: float) -> Prior:
    return Prior(
        base_rate=_rounded(float(np.exp(log_base))),
        elasticity=_rounded(float(np.exp(log_elasticity))),
    )


def _rounded(value: float) -> float:
    """`value` to ten digits: the last ones differ between processors, the version must not."""
    return float(f"{value:.{DIGITS}g}")


def main(argv: Sequence[str] | None = None) -> int:
    """Train from a CSV file; 1 when the history is refused."""
    parser = argparse.ArgumentParser(prog="price_model.train", description="Train the price model.")
    parser.add_argument("history", type=Path, help="CSV with a header; see price_model.history")
    parser.add_argument("--out", type=Path, default=Path("model.tar.gz"))
    parser.add_argument("--stock-horizon-s", type=float, default=STOCK_HORIZON_S)
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    logger = logging.getLogger("price_model")
    try:
        frame = pd.read_csv(options.history, dtype={"product_id": str, "category": str})
        artefact = train(frame, stock_horizon_s=options.stock_horizon_s)
    except (HistoryError, OSError, ValueError) as error:
        logger.error("%s: %s", options.history, error)
        return 1
    options.out.write_bytes(artefact.archive())
    logger.info("version %s in %s", artefact.version, options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
