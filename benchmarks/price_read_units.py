"""Read units of a batch: they follow the products in the batch, not those in the table.

The same batch on 200 distinct products meets a table of 1,000 and one of 100,000 products. The
units are those that the service reported to the job, from the line that the job logs; the scan's
are those of one scan of `products` and `orders`, which is what the job's snapshots read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.endpoint import serving
from benchmarks.price_events import Round, Workload, order_items, product_items, write_rounds
from benchmarks.price_job import BenchmarkError, job
from benchmarks.price_throughput import next_batch, read_in
from benchmarks.price_world import World, world
from benchmarks.suite import Progress
from catalog.price_loop import ORDERS, PRODUCTS
from localaws.tables import put_items

SIZES: Final = (1_000, 100_000)
IN_BATCH: Final = 200
EVENTS: Final = 4_000
WITH_ORDERS: Final = 1_000


@dataclass(frozen=True)
class ReadUnits:
    """Read units of one batch by key, and of the scans that a snapshot needs."""

    table_items: int
    by_key: float
    scan: float

    def to_json(self) -> dict[str, Any]:
        """For the recorded results."""
        return {"table_items": self.table_items, "by_key": self.by_key, "scan": self.scan}


def measure(folder: Path, progress: Progress, sizes: tuple[int, ...] = SIZES) -> list[ReadUnits]:
    """The figures for each size of the table."""
    workload = Workload(events=EVENTS, products=IN_BATCH)
    (events,) = write_rounds(workload, [Round(EVENTS, flawed=False)], folder)
    found = []
    for size in sizes:
        with world(folder / f"products_{size}") as loaded:
            put_items(loaded.clients, PRODUCTS.name, product_items(size))
            put_items(loaded.clients, ORDERS.name, order_items(WITH_ORDERS))
            by_key = _units_of_batch(loaded, events, folder / f"products_{size}")
            scan = sum(scan_units(loaded, table.name) for table in (PRODUCTS, ORDERS))
        found.append(ReadUnits(size, by_key, scan))
        progress(f"table of {size:,} products: {by_key:g} units by key, {scan:g} by scan")
    return found


def scan_units(loaded: World, table: str) -> float:
    """Read units of one scan of the whole table, eventually consistent."""
    pages = loaded.clients["dynamodb"].get_paginator("scan")
    return sum(
        page["ConsumedCapacity"]["CapacityUnits"]
        for page in pages.paginate(TableName=table, ReturnConsumedCapacity="TOTAL")
    )


def _units_of_batch(loaded: World, events: Path, folder: Path) -> float:
    with (
        serving("benchmarks.kinesis_loopback", "--events", str(events), "--shards", "4") as url,
        job(loaded.environment(url), folder, {}) as program,
    ):
        batch = next_batch(program)
    if read_in(batch) != EVENTS or batch["results"] != IN_BATCH:
        raise BenchmarkError(
            f"read units: the batch has {read_in(batch)} records and {batch['results']} candidates,"
            f" not {EVENTS} and {IN_BATCH}; see {program.log}"
        )
    return float(batch["read_units"])
