"""The training on ten million events: the deployed job, timed from its start to the new model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import write_deltalake
from price_model.train import train

from benchmarks.figures import Figure
from benchmarks.process_tree import PeakMemory, ProcessTree
from benchmarks.suite import Measured, Progress
from catalog.lake import CLICKS
from localaws.cloud import Cloud, CloudOptions
from localaws.hive_arrow import arrow_type
from localaws.jobs import JobRun, get_definition
from localaws.state import StateFolder
from localaws.tables import put_items

EVENTS: Final = 10_000_000
_FIRST: Final = date(2026, 1, 1)
_SECONDS: Final = 300.0
_GIGABYTES: Final = 4.0
_PATIENCE: Final = 1_800.0
# One purchase in so many events at list price, one order in so many sent back.
_PURCHASES, _VOIDS = 0.1, 20


@dataclass(frozen=True)
class Size:
    """How much there is to learn from; one event in twenty comes without its price."""

    events: int = EVENTS
    days: int = 30
    products: int = 500

    def day(self, number: int) -> date:
        """The day of that number, from 0."""
        return _FIRST + timedelta(days=number)


def training(folder: Path, progress: Progress) -> Measured:
    """Ten million events of thirty days and 500 products in the lake, orders and price changes in
    DynamoDB: seconds of the deployed job, its start and the endpoint's update in them, and the most
    memory of driver, JVM and workers. Beside it the events counted by DuckDB, and the same fit.
    """
    return measure(folder, progress, Size())


def measure(folder: Path, progress: Progress, size: Size) -> Measured:
    """The figures at that size."""
    lake = folder / "lake"
    for number in range(size.days):
        write_deltalake(
            CLICKS.location(str(lake)),
            _day(size, number),
            mode="append",
            partition_by=["event_date"],
        )
    progress(f"{size.events} events written")
    reference, rows = _by_hand(lake)
    progress(f"by hand: {reference:.1f} s")
    with _cloud(folder) as cloud:
        _fill(cloud, size)
        seconds, peak = _job(cloud, lake, size)
    progress(f"the job: {seconds:.1f} s")
    figures = [
        Figure("training_seconds", seconds, _SECONDS, most=1.0),
        Figure("training_gigabytes", peak / 1e9, _GIGABYTES, most=1.0),
        Figure("training_seconds_by_hand", seconds, reference),
    ]
    return figures, {"events": size.events, "products_and_prices": rows}


def _by_hand(lake: Path) -> tuple[float, int]:
    """Seconds of the same count by DuckDB and of the fit, and the rows that are learnt from."""
    started = time.monotonic()
    found = duckdb.sql(
        f"""select product_id, price_cents, 1000 as list_price_cents, 'c' as category,
        count(*) filter (event_type = 'click') as clicks,
        coalesce(sum(quantity) filter (event_type = 'purchase'), 0)::bigint as units
        from read_parquet('{lake}/clicks/**/*.parquet', hive_partitioning = false)
        where price_cents is not null group by all"""  # noqa: S608 - a folder of our own
    ).df()
    train(found)
    return time.monotonic() - started, len(found)


def _day(size: Size, number: int) -> pa.Table:
    rng, day = np.random.default_rng([7, number]), size.day(number)
    rows = size.events // size.days
    product = rng.integers(0, size.products, rows)
    # Each product has a price of its own each day: seven steps around the list price.
    ratio = 0.7 + 0.1 * ((product + number) % 7)
    bought = rng.random(rows) < _PURCHASES * ratio**-2
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1_000)
    at = midnight + np.sort(rng.integers(0, 86_400_000, rows))
    key = np.arange(rows, dtype=np.int64) + number * rows
    columns = {
        "user_id": _named("u-", rng.integers(0, 50_000, rows)),
        "event_timestamp": pa.array(at),
        "event_type": pa.array(np.where(bought, "purchase", "click")),
        "product_id": _named("p-", product),
        "quantity": pa.array(np.ones(rows, np.int32), mask=~bought),
        "price_cents": pa.array(
            (1_000 * ratio).round().astype(np.int64), mask=rng.random(rows) < 0.05
        ),
        "event_key": pa.array(key),
        "stream": pa.repeat("clickstream", rows),
        "sequence_number": _named("", key),
        "partition_key": pa.repeat("u", rows),
        "arrived_at": pa.array(at),
        "event_date": pa.repeat(pa.scalar(day), rows),
    }
    schema = pa.schema([(c.name, arrow_type(c.type)) for c in CLICKS.schema])
    arrays = [columns[f.name] if f.name in columns else pa.nulls(rows, f.type) for f in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _named(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "")


def _cloud(folder: Path) -> Cloud:
    """A cloud whose endpoint serves the shop's model."""
    return Cloud(StateFolder(folder / "state"), CloudOptions())


def _fill(cloud: Cloud, size: Size) -> None:
    """Products, a change of price a day, and the orders that were sent back."""
    products = [
        {"product_id": f"p-{n}", "category": "c", "price_cents": 1_000, "list_price_cents": 1_000}
        for n in range(size.products)
    ]
    put_items(cloud.clients, "products", products)
    put_items(cloud.clients, "price_changes", list(_changes(size)))
    put_items(cloud.clients, "orders", list(_voids(size)))


def _changes(size: Size) -> Iterator[dict[str, Any]]:
    for n in range(size.products):
        for number in range(1, size.days):
            old, new = (round(1_000 * (0.7 + 0.1 * ((n + d) % 7))) for d in (number - 1, number))
            yield {
                "product_id": f"p-{n}",
                "candidate_id": f"{number}",
                "effective_at": f"{size.day(number)}T00:00:00Z",
                "price_version": number,
                "old_price_cents": old,
                "new_price_cents": new,
            }


def _voids(size: Size) -> Iterator[dict[str, Any]]:
    for n in range(size.events // (_VOIDS * 50)):
        yield {
            "order_id": f"o-{n}",
            "product_id": f"p-{n % size.products}",
            "user_id": f"u-{n % 50_000}",
            "ordered_at": f"{size.day(n % size.days)}T12:00:00.000Z",
            "quantity": 1,
            "unit_price_cents": round(
                1_000 * (0.7 + 0.1 * ((n % size.products + n % size.days) % 7))
            ),
            "status": "returned",
        }


def _job(cloud: Cloud, lake: Path, size: Size) -> tuple[float, int]:
    """Seconds of the job, and the most memory of its processes, bytes."""
    arguments = {"--lake-path": str(lake), "--today": str(size.day(size.days))}
    definition = get_definition(cloud.clients, "price_training", arguments)
    started = time.monotonic()
    run = JobRun(definition, cloud.supervisor).start()
    assert run.child is not None  # noqa: S101 - it was started
    with PeakMemory(ProcessTree(run.child.process.pid)) as peak:
        run.wait(_PATIENCE)
        seconds = time.monotonic() - started
    run.check()
    return seconds, peak.bytes
