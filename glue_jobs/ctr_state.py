"""The sites beside the checkpoint: one Parquet folder a batch, and what counts.

Each batch writes the state of every site, which is small; what their detectors know is large, and
stands in the files that the tasks wrote, now and then (`glue_jobs.ctr_snapshots`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from glue_jobs import blobs
from glue_jobs.standings import Standings
from transforms.ctr import STATE_DDL

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_FOLDER = "ctr"


@dataclass(frozen=True)
class Standing:
    """What counts after a batch.

    Attributes:
        terms: the options that the state was made with.
        batch: whose sites count; -1 before the first.
        clock: event time that the stream has been read up to, epoch ms; None before the first.
        closed_to: up to where windows were closed, epoch ms.
        snapshots: the files that the sites refer to.
    """

    terms: Mapping[str, str] = field(default_factory=dict)
    batch: int = -1
    clock: int | None = None
    closed_to: int = 0
    snapshots: tuple[str, ...] = ()


class CtrState:
    """The state of a job's sites below its checkpoint."""

    def __init__(self, spark: SparkSession, checkpoint_path: str, terms: Mapping[str, str]) -> None:
        """The state below a checkpoint.

        Raises:
            OptionError: tasks cannot write there.
        """
        blobs.check(checkpoint_path)
        self._spark = spark
        self._terms = dict(terms)
        self.path = f"{checkpoint_path.rstrip('/')}/{_FOLDER}"
        self._standings = Standings(spark, self.path)

    def check(self) -> None:
        """Compares the state that there is with the terms; before a stream starts.

        Raises:
            OptionError: the state was made with other terms.
        """
        self._standings.check(self._terms, "windows")

    def before(self, batch_id: int) -> Standing:
        """What counts for a batch: what stood after the last one before it."""
        found = self._standings.before(batch_id)
        if found is None:
            return Standing(self._terms)
        return Standing(**found | {"snapshots": tuple(found["snapshots"])})

    def read(self, standing: Standing) -> DataFrame | None:
        """The state of every site; None before the first batch."""
        if standing.batch < 0:
            return None
        return self._spark.read.schema(STATE_DDL).parquet(self._sites(standing.batch))

    def write(self, batch_id: int, sites: DataFrame) -> list[str]:
        """Writes the sites after a batch, over what an earlier try left; the files they refer to.

        As it was written: made a second time, the sites could refer to other files.
        """
        sites.write.mode("overwrite").parquet(self._sites(batch_id))
        written = self._spark.read.schema(STATE_DDL).parquet(self._sites(batch_id))
        found = written.select("snapshot").distinct().collect()
        return sorted(row["snapshot"] for row in found if row["snapshot"])

    def commit(self, before: Standing, after: Standing) -> None:
        """Says what counts after a batch, then deletes what neither the next nor a replay needs."""
        needed = {f"sites-{standing.batch}" for standing in (before, after)}
        needed |= {*before.snapshots, *after.snapshots}
        self._standings.commit(after.batch, asdict(after), needed)

    def _sites(self, batch: int) -> str:
        return f"{self.path}/sites-{batch}"
