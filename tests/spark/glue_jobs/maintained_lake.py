"""A lake with one table of small files, as a streaming job leaves it, and its maintenance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from catalog.lake import PRICE_OBSERVATIONS
from glue_jobs import lake, maintenance
from glue_jobs.lake_maintenance import Options
from glue_jobs.upkeep import UpkeepError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TABLE = PRICE_OBSERVATIONS.name
_INTEGERS = ("price_cents", "list_price_cents", "clicks", "units")


@dataclass
class MaintainedLake:
    """The table `price_observations` below a folder of its own."""

    spark: SparkSession
    folder: Path
    settings: Options = field(init=False)
    figures: list[Mapping[str, str]] = field(default_factory=list)
    rows: int = 0

    def __post_init__(self) -> None:
        self.settings = Options(
            "lake_maintenance", str(self.folder), tables=(TABLE,), target_file_size=1024 * 1024
        )
        lake.ensure(self.spark, PRICE_OBSERVATIONS, str(self.folder))

    @property
    def location(self) -> Path:
        return self.folder / TABLE

    def append(self, day: date, rows: int = 10, files: int = 1) -> None:
        """As many commits, of one file each."""
        for _ in range(files):
            write_deltalake(self.location, observations(day, self.rows, rows), mode="append")
            self.rows += rows

    def maintain(self, now: datetime, **settings: Any) -> dict[str, Any]:
        """One run at that time; what it said of the table."""
        lines: list[str] = []
        asked = replace(self.settings, **settings)
        try:
            maintenance.run(
                self.spark, asked, lambda: now, lines.append, self._publish, lambda *_: now
            )
        finally:
            self.said = [json.loads(line) for line in lines]
        found: dict[str, Any] = self.said[0]
        return found

    def failure(self, now: datetime, **settings: Any) -> str:
        """One run at that time, which fails; the error."""
        try:
            self.maintain(now, **settings)
        except UpkeepError as error:
            return str(error)
        raise AssertionError(f"it did not fail; it said {self.said}")

    def files(self, day: date) -> list[Path]:
        """The files that the table has for a day."""
        found = [Path(uri.removeprefix("file://")) for uri in DeltaTable(self.location).file_uris()]
        return [path for path in found if path.parent.name == f"event_date={day}"]

    def products(self) -> list[str]:
        """The product of each row; no two rows have the same."""
        found = DeltaTable(self.location).to_pyarrow_table(columns=["product_id"])
        return sorted(found["product_id"].to_pylist())

    def version(self) -> int:
        return DeltaTable(self.location).version()

    def _publish(self, database: str, table: str, figures: Mapping[str, str]) -> bool:
        assert (database, table) == ("clickstream", TABLE)
        told = figures not in self.figures[-1:]
        self.figures.append(figures)
        return told


def observations(day: date, first: int, rows: int) -> pa.Table:
    """Rows of products that are numbered from `first`."""
    products = [f"p{(first + row) * 7919 % 100_003:06d}" for row in range(rows)]
    integers = {name: pa.array([1] * rows, pa.int64()) for name in _INTEGERS}
    columns = {
        "product_id": pa.array(products),
        "category": pa.array(["shoes"] * rows),
        **integers,
        "event_date": pa.array([day] * rows, pa.date32()),
    }
    return pa.table(columns)
