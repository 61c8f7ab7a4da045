"""A day of clicks in the lake as a stream of small batches leaves it, and the days before it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.transaction import AddAction, create_table_with_add_actions

DAY: Final = date(2026, 1, 8)
BATCHES: Final = 8_640  # one every ten seconds
_PRODUCTS: Final = 10_000
_USERS: Final = 50_000
EARLIER: Final = tuple(DAY - timedelta(days=back) for back in range(1, 8))


@dataclass(frozen=True)
class Size:
    """How much of it there is."""

    files: int = BATCHES
    rows: int = 600

    @property
    def day_rows(self) -> int:
        """Rows of the day."""
        return self.files * self.rows

    @property
    def earlier_rows(self) -> int:
        """Rows of each day before it."""
        return self.day_rows // 10


def write(location: Path, size: Size) -> None:
    """The table: a day in small files, seven days before it in one file each."""
    rng = np.random.default_rng(7)
    actions = [_file(location, DAY, n, _clicks(rng, DAY, n, size.rows)) for n in range(size.files)]
    for day in EARLIER:
        actions.append(_file(location, day, 0, _clicks(rng, day, 0, size.earlier_rows)))
    commit(location, actions)


def commit(location: Path, actions: list[AddAction]) -> None:
    """The table of these files, in one commit."""
    create_table_with_add_actions(
        str(location),
        _schema(),
        actions,
        mode="append",
        partition_by=["event_date"],
    )


def batches(rows: int) -> Iterator[pa.Table]:
    """The day's clicks, batch by batch, with their day."""
    rng = np.random.default_rng(7)
    for number in range(BATCHES):
        clicks = _clicks(rng, DAY, number, rows)
        yield clicks.append_column("event_date", pa.array([DAY] * rows, pa.date32()))


def bytes_of(location: Path, day: date) -> tuple[int, int]:
    """Files and bytes that the table has for a day."""
    found = DeltaTable(location).get_add_actions(flatten=True)
    listed = zip(
        found.column("size_bytes").to_pylist(),
        found.column("partition.event_date").to_pylist(),
        strict=True,
    )
    sizes = [size for size, of in listed if of == day]
    return len(sizes), sum(sizes)


def _clicks(rng: np.random.Generator, day: date, number: int, rows: int) -> pa.Table:
    """A batch: its time goes on, its products and users are any."""
    begin = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1_000)
    at = begin + number * 10_000 + np.sort(rng.integers(0, 10_000, rows))
    # Few products are most clicked.
    products = (_PRODUCTS * rng.random(rows) ** 3).astype(int)
    keys = rng.integers(0, 2**62, rows)
    return pa.table(
        {
            "user_id": [f"user-{user}" for user in rng.integers(0, _USERS, rows)],
            "event_timestamp": at,
            "event_type": ["click"] * rows,
            "event_id": [f"{key:016x}" for key in keys],
            "product_id": [f"product-{product:05d}" for product in products],
            "price_cents": 1_000 + products,
            "event_key": keys,
            "sequence_number": [f"{time:020d}" for time in at],
        }
    )


def _file(location: Path, day: date, number: int, clicks: pa.Table) -> AddAction:
    inside = f"event_date={day}/part-{number:05d}.snappy.parquet"
    path = location / inside
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(clicks, path, compression="snappy")
    written = path.stat()
    return AddAction(
        inside,
        written.st_size,
        {"event_date": day.isoformat()},
        int(written.st_mtime * 1_000),
        data_change=True,
        stats=json.dumps(_statistics(clicks)),
    )


def _statistics(clicks: pa.Table) -> dict[str, Any]:
    least, most = {}, {}
    for name in ("product_id", "user_id"):
        values = clicks[name].to_pylist()
        least[name], most[name] = min(values), max(values)
    nulls = dict.fromkeys(least, 0)
    return {
        "numRecords": clicks.num_rows,
        "minValues": least,
        "maxValues": most,
        "nullCount": nulls,
    }


def _schema() -> Any:
    from deltalake import Schema

    clicks = _clicks(np.random.default_rng(7), DAY, 0, 1)
    return Schema.from_arrow(clicks.schema.append(pa.field("event_date", pa.date32())))
