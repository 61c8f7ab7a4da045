"""The lake's price observations: made anew for a range of days, and read to learn from.

A day is replaced only when what it says has changed, all days that have in one commit. So a run
that is repeated leaves the table at its version, and one that is killed leaves no day half made.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from awsglue.context import GlueContext
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from catalog.columns import Schema
from catalog.lake import CLICKS, PRICE_OBSERVATIONS
from catalog.tables import LakeTable
from glue_jobs import lake
from glue_jobs.frames import cached
from glue_jobs.lake import LakeError, message
from glue_jobs.options import OptionError
from glue_jobs.snapshots import typed
from glue_jobs.training_days import Days
from transforms import price_history as H

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame

_ATTEMPTS = 3
_SPOT = ("product_id", "category", "price_cents", "list_price_cents")


class HistorySettings(Protocol):
    """The options of the job that the history depends on."""

    lake_path: str
    database: str
    orders_table: str
    changes_table: str
    products_table: str


@dataclass(frozen=True)
class Digest:
    """A day's number of rows and the hash of them all, in whatever order they are."""

    rows: int
    content: int


@dataclass(frozen=True)
class PriceHistory:
    """The table `price_observations`, and what its rows are made of."""

    glue: GlueContext
    options: HistorySettings

    def check(self) -> None:
        """Has the table there.

        Raises:
            OptionError: there are no clicks to learn from.
            LakeError: the table is not what its contract says.
        """
        spark, path = self.glue.spark_session, self.options.lake_path
        lake.check(spark, path)
        if not lake.exists(spark, CLICKS, path):
            raise OptionError(
                f"--lake-path: found no Delta table in {CLICKS.location(path)};"
                " the job click_archive makes it"
            )
        lake.ensure(spark, PRICE_OBSERVATIONS, path)

    def oldest_click(self) -> date | None:
        """The first day with clicks; None when there are none."""
        return self._edge(CLICKS, "min")

    def newest_day(self) -> date | None:
        """The last day with observations; None when there are none."""
        return self._edge(PRICE_OBSERVATIONS, "max")

    def update(self, days: Days) -> dict[str, Any]:
        """Makes the observations of the days anew; how many there are, what could not be used, and
        the days that were replaced.

        Raises:
            LakeError: the clicks cannot be read, or the observations not written.
        """
        path = self.options.lake_path
        with ExitStack() as caches:
            with lake.reported(CLICKS, path):
                seen = caches.enter_context(cached(self._seen(days)))
                fresh = caches.enter_context(cached(H.price_observations(seen)))
                made = _by_day(fresh)
                lost = {row["reason"]: row for row in H.unused(seen).collect()}
            replaced = self._replaced(fresh, days, made)
        return {
            "observations": sum(day.rows for day in made.values()),
            "unused_events": {r: row["events"] for r, row in lost.items() if row["events"]},
            "unused_units": {r: row["units"] for r, row in lost.items() if row["units"]},
            "replaced_days": [str(day) for day in replaced],
        }

    def days(self, most: int) -> list[date]:
        """The newest days with observations, at most `most`, ascending."""
        rows = self._observations().select("event_date").distinct().orderBy(F.desc("event_date"))
        with lake.reported(PRICE_OBSERVATIONS, self.options.lake_path):
            return [row["event_date"] for row in reversed(rows.limit(most).collect())]

    def learnt(self, days: Sequence[date]) -> pd.DataFrame:
        """What these days saw of each product at each price (columns of `price_model.history`)."""
        rows = self._observations().where(F.col("event_date").isin(list(days)))
        sums = [F.sum(name).alias(name) for name in ("clicks", "units")]
        with lake.reported(PRICE_OBSERVATIONS, self.options.lake_path):
            return rows.groupBy(*_SPOT).agg(*sums).toPandas()

    def events(self, days: Days) -> DataFrame:
        """What is read of the clicks of these days: of no other day a file is opened."""
        return _of(self._clicks(), days).select(*H.EVENT.names)

    def _seen(self, days: Days) -> DataFrame:
        products = self._table(self.options.products_table, H.PRODUCT)
        changes = self._table(self.options.changes_table, H.CHANGE)
        orders = self._table(self.options.orders_table, H.ORDER)
        tallied = H.tallies(self.events(days), H.standing_prices(changes, products))
        return H.observed(tallied, orders, products, days.first, days.last)

    def _replaced(self, fresh: DataFrame, days: Days, made: dict[date, Digest]) -> list[date]:
        for left in reversed(range(_ATTEMPTS)):
            try:
                with lake.reported(PRICE_OBSERVATIONS, self.options.lake_path):
                    replaced = self._replace(fresh, days, made)
                break
            except LakeError as error:
                # The maintenance, or another training, rewrote a day at the same time.
                if not left or not lake.is_conflict(error):
                    raise
        return replaced

    def _replace(self, fresh: DataFrame, days: Days, made: dict[date, Digest]) -> list[date]:
        stands = _by_day(_of(self._observations(), days))
        changed = sorted(d for d in made.keys() | stands.keys() if made.get(d) != stands.get(d))
        if changed:
            # One file a day: it is read whole, and there is not much in it.
            rows = fresh.where(F.col("event_date").isin(changed)).repartition("event_date")
            ordered = rows.sortWithinPartitions("event_date", *PRICE_OBSERVATIONS.cluster_by)
            named = ", ".join(f"DATE'{day}'" for day in changed)
            writer = ordered.write.format("delta").mode("overwrite")
            writer = writer.option("replaceWhere", f"event_date IN ({named})")
            writer.save(PRICE_OBSERVATIONS.location(self.options.lake_path))
        return changed

    def _clicks(self) -> DataFrame:
        return lake.read(self.glue.spark_session, CLICKS, self.options.lake_path)

    def _observations(self) -> DataFrame:
        return lake.read(self.glue.spark_session, PRICE_OBSERVATIONS, self.options.lake_path)

    def _table(self, name: str, schema: Schema) -> DataFrame:
        """A table of DynamoDB as the Data Catalog describes it."""
        database = self.options.database
        try:
            records = self.glue.create_dynamic_frame.from_catalog(
                database=database, table_name=name
            )
            return typed(records, schema)
        except (PySparkException, Py4JJavaError) as error:
            raise LakeError(f"Data Catalog table {database}.{name}: {message(error)}") from error

    def _edge(self, table: LakeTable, which: str) -> date | None:
        rows = lake.read(self.glue.spark_session, table, self.options.lake_path)
        with lake.reported(table, self.options.lake_path):
            found: date | None = rows.agg(F.expr(f"{which}(event_date)")).collect()[0][0]
        return found


def _by_day(rows: DataFrame) -> dict[date, Digest]:
    """What each day says, as short as it can be compared."""
    whole = F.xxhash64(*PRICE_OBSERVATIONS.schema.names)
    found = rows.groupBy("event_date").agg(
        F.count("*").alias("rows"), F.bit_xor(whole).alias("all")
    )
    return {row["event_date"]: Digest(row["rows"], row["all"]) for row in found.collect()}


def _of(rows: DataFrame, days: Days) -> DataFrame:
    return rows.where(F.col("event_date").between(F.lit(days.first), F.lit(days.last)))
