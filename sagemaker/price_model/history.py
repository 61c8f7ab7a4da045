"""A sales history, checked and added up: what the model is trained on.

A row is what was seen of one product at one price for a while: `product_id`, `category`,
`price_cents`, `list_price_cents`, `clicks`, `units`. Further columns are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from price_model.curve import Floats, Ints, Seen
from price_model.errors import HistoryError

NUMBERS = ("price_cents", "list_price_cents", "clicks", "units")
COLUMNS = ("product_id", "category", *NUMBERS)
# Below these a fit would be a guess.
LEAST_PRODUCTS = 5
LEAST_UNITS = 100
# Prices closer than this, relative, are the same point of the curve.
POINT_STEP = 0.025


@dataclass(frozen=True)
class History:
    """What was seen of each product, and the category of each."""

    seen: Seen
    category: tuple[str, ...]


def read_history(frame: pd.DataFrame) -> History:
    """The history of a frame.

    Raises:
        HistoryError: a column is missing, a value is not allowed, or there is too little to learn
            from: fewer than 5 products with clicks at two prices, or fewer than 100 units.
    """
    seen = clicked(frame)
    _check_enough(seen)
    row, names = pd.factorize(seen["product_id"], sort=True)
    category = seen.groupby("product_id")["category"].min().loc[list(names)]
    return History(as_seen(row, seen), tuple(category))


def clicked(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with clicks, added up by `product_id` and `ratio`, the price by the list price.

    `category` is a product's first by name; "" for none. Clicks and units are floats.

    Raises:
        HistoryError: a column is missing, or a value is not allowed.
    """
    _check_columns(frame)
    rows = frame[list(COLUMNS)].copy()
    _check_numbers(rows)
    rows["product_id"] = rows["product_id"].astype(str)
    rows["category"] = rows["category"].fillna("").astype(str)
    rows = rows[rows["clicks"] > 0]
    rows["ratio"] = rows["price_cents"] / rows["list_price_cents"]
    rows["category"] = rows.groupby("product_id")["category"].transform("min")
    keys = ["product_id", "ratio", "category"]
    return rows.groupby(keys, as_index=False)[["clicks", "units"]].sum()


def price_points(ratio: Floats) -> Ints:
    """Numbers of the points of the curve that prices lie at; below the list price negative."""
    return np.rint(np.log(ratio) / POINT_STEP).astype(np.int64)


def as_seen(row: Ints, seen: pd.DataFrame, lowest: int | None = None) -> Seen:
    """Rows of `clicked`, `row` being the position of their products.

    Points are counted from `lowest`, without it from the lowest there is.
    """
    ratio = seen["ratio"].to_numpy(dtype=np.float64)
    point = price_points(ratio)
    return Seen(
        row=row.astype(np.int64),
        point=point - (point.min() if lowest is None else lowest),
        ratio=ratio,
        clicks=seen["clicks"].to_numpy(dtype=np.float64),
        units=seen["units"].to_numpy(dtype=np.float64),
    )


def _check_columns(frame: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise HistoryError(
            f"history: missing columns {missing}; found {list(map(str, frame.columns))}"
        )
    if frame.empty:
        raise HistoryError("history: no rows; give what was seen of each product at each price")
    if frame["product_id"].isna().any():
        raise HistoryError("history: product_id is null in some rows; every row needs one")


def _check_numbers(rows: pd.DataFrame) -> None:
    for name in NUMBERS:
        values = pd.to_numeric(rows[name], errors="coerce").astype(np.float64)
        least = 1 if name.endswith("_cents") else 0
        bad = ~(np.isfinite(values) & (values >= least))
        if bad.any():
            found = rows[name][bad].tolist()[0]
            raise HistoryError(
                f"history: {name} in row {int(bad.to_numpy().argmax()) + 1} is {found!r}; "
                f"a finite number of at least {least} is allowed ({int(bad.sum())} such rows)"
            )
        rows[name] = values


def _check_enough(seen: pd.DataFrame) -> None:
    prices = seen.groupby("product_id")["ratio"].nunique()
    products, units = int((prices > 1).sum()), float(seen["units"].sum())
    if products < LEAST_PRODUCTS or units < LEAST_UNITS:
        raise HistoryError(
            f"history: {products} products with clicks at two prices or more and {units:.0f} units;"
            f" at least {LEAST_PRODUCTS} and {LEAST_UNITS} are needed: sell at more prices first"
        )
