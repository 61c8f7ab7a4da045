"""A lake of clicks and what the training makes of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from catalog.lake import CLICKS, PRICE_OBSERVATIONS
from catalog.price_loop import ORDERS, PRICE_CHANGES, PRODUCTS
from catalog.registry import DATABASE
from glue_jobs.price_history import PriceHistory
from glue_jobs.training_days import Days
from localaws.hive_arrow import arrow_type

TEA = {"product_id": "tea", "category": "drinks", "price_cents": 500, "list_price_cents": 600}
BOTH = Days(date(2026, 1, 1), date(2026, 1, 2))
CLICK: dict[str, Any] = {"event_type": "click", "user_id": "ann", "product_id": "tea"}
BUY = {"event_type": "purchase", "quantity": 2}


def history_of(glue: Any, tables: Any, folder: Path) -> PriceHistory:
    """The history of the lake in a folder; tea is among the products."""
    tables.put(PRODUCTS, TEA)
    options = SimpleNamespace(
        lake_path=str(folder),
        database=DATABASE,
        orders_table=ORDERS.name,
        changes_table=PRICE_CHANGES.name,
        products_table=PRODUCTS.name,
    )
    return PriceHistory(glue, options)


def append(folder: Path, day: int, *events: dict[str, Any]) -> None:
    """Append events of a day of 2026-01 to the clicks."""
    columns = {c.name: arrow_type(c.type) for c in CLICKS.schema}
    at = {"event_date": date(2026, 1, day), "event_timestamp": 1_767_225_600_000}
    rows = [{name: (CLICK | at | each).get(name) for name in columns} for each in events]
    write_deltalake(
        CLICKS.location(str(folder)),
        pa.Table.from_pylist(rows, schema=pa.schema(list(columns.items()))),
        mode="append",
        partition_by=["event_date"],
    )


def observed(history: PriceHistory) -> DeltaTable:
    return DeltaTable(PRICE_OBSERVATIONS.location(history.options.lake_path))


def rows(history: PriceHistory) -> list[tuple[int, int, int, int]]:
    """Day, price, clicks and units."""
    found = observed(history).to_pyarrow_table().to_pylist()
    names = ("price_cents", "clicks", "units")
    return sorted((row["event_date"].day, *(row[name] for name in names)) for row in found)
