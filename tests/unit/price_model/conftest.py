"""A model with round parameters, and candidates that differ from a plain one as a test says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from price_model.artefact import Artefact, Parameters, Prior
from price_model.inference import input_fn, predict_fn

CANDIDATE: dict[str, Any] = {
    "product_id": "p-1",
    "candidate_id": "2026-01-01T00:00:10Z#0123456789abcdef",
    "window_start": "2026-01-01T00:00:10Z",
    "window_end": "2026-01-01T00:00:20Z",
    "clicks": 20,
    "purchases": 3,
    "units": 4,
    "users": 18,
    "observations": [],
    "evidence": [],
    "recent_orders": 0,
    "recent_units": 0,
    "price_cents": 1_000,
    "list_price_cents": 1_000,
    "cost_cents": 500,
    "min_price_cents": None,
    "max_price_cents": None,
    "stock": None,
    "category": None,
}
PARAMETERS: dict[str, Any] = {
    "curvature": 0.0,
    "scale_strength": 4.0,
    "elasticity_spread": 1e-9,
    "coupling": 0.0,
    "point_strength": 1e12,
    "default": Prior(base_rate=0.2, elasticity=2.0),
    "categories": {"shoes": Prior(base_rate=0.2, elasticity=3.0)},
    "ladder": (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0),
    "stock_horizon_s": 10.0,
}


@pytest.fixture(scope="session")
def make_model() -> Callable[..., Artefact]:
    """A model whose elasticity is known for sure and whose curve is exact, with changes."""
    return lambda **changes: Artefact(Parameters(**{**PARAMETERS, **changes}), {})


@pytest.fixture(scope="session")
def make_candidate() -> Callable[..., dict[str, Any]]:
    return lambda **changes: {**CANDIDATE, **changes}


@pytest.fixture(scope="session")
def ask() -> Callable[..., list[dict[str, Any]]]:
    """Answers of a model to candidates, by the way that a request takes."""

    def answers(model: Artefact, *candidates: dict[str, Any]) -> list[dict[str, Any]]:
        body = "\n".join(json.dumps(candidate) for candidate in candidates)
        return predict_fn(input_fn(body, "application/jsonlines"), model)

    return answers


@pytest.fixture(scope="session")
def make_history() -> Callable[..., pd.DataFrame]:
    """Sales of products whose base rate and elasticity are known, at eight prices each."""

    def history(
        seed: int = 1,
        products: int = 200,
        elasticity: float = 2.0,
        curvature: float = 0.0,
        scale_strength: float = 5.0,
        spread: float = 0.2,
        point_strength: float = 1e9,
        clicks: int = 2_000,
    ) -> pd.DataFrame:
        draw = np.random.default_rng(seed)
        shape = (products, 8)
        ratio = draw.uniform(0.6, 1.6, shape).round(3)
        height = np.log(ratio) if curvature == 0 else (ratio**curvature - 1) / curvature
        scale = draw.gamma(scale_strength, 1 / scale_strength, (products, 1))
        slope = elasticity * np.exp(spread * draw.standard_normal((products, 1)))
        local = draw.gamma(point_strength, 1 / point_strength, shape)
        units = draw.poisson(0.2 * clicks * scale * np.exp(-slope * height) * local)
        number = np.arange(products).repeat(8)
        return pd.DataFrame(
            {
                "product_id": [f"p-{n}" for n in number],
                "category": np.where(number % 2, "shoes", "tents"),
                "price_cents": (ratio * 10_000).astype(int).ravel(),
                "list_price_cents": 10_000,
                "clicks": clicks,
                "units": units.ravel(),
            }
        )

    return history
