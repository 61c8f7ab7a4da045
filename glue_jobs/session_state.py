"""The sessions that may still change, beside the checkpoint: a few Parquet runs, and which count.

Each batch writes one run, the segments of the users that it touched; a newer version of a user's
segments replaces the older. So a batch writes what it touches, not what there is. Runs that are not
much larger than what is written anyway are written anew with it: their number grows with the
logarithm of the users. A run of which every user is forgotten goes whole.

What counts after a batch stands in a file of its own, written last: a batch that is tried again
finds what it found before, whatever it had written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from glue_jobs.standings import Standings
from transforms.session_segments import NO_TIME
from transforms.sessions import STATE_DDL

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_FOLDER = "sessions"
_ABSORBED = 2  # a run of up to so many times what is written is written anew with them


@dataclass(frozen=True)
class Run:
    """What a batch wrote: `latest` is the latest event of all its users, epoch ms."""

    batch: int
    segments: int
    latest: int


@dataclass(frozen=True)
class Standing:
    """What counts after a batch: the event clock, and the runs, oldest first.

    `partitions` of users are those of the first batch: chunks of the state belong to one each.
    `terms` are the options that the state was made with.
    """

    partitions: int
    terms: Mapping[str, str] = field(default_factory=dict)
    batch: int = -1
    clock: int = NO_TIME
    runs: tuple[Run, ...] = ()

    def needed(self, keep_ms: int) -> tuple[Run, ...]:
        """The runs with a user who is not forgotten."""
        return tuple(run for run in self.runs if run.latest + keep_ms >= self.clock)


def split(runs: Sequence[Run], written: int) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """The runs that stay, and the newest ones, which are written anew with as many more."""
    stay = list(runs)
    while stay and stay[-1].segments <= _ABSORBED * written:
        written += stay.pop().segments
    return tuple(stay), tuple(runs[len(stay) :])


class SessionState:
    """The state of a job's sessions below its checkpoint."""

    def __init__(self, spark: SparkSession, checkpoint_path: str, terms: Mapping[str, str]) -> None:
        self._spark = spark
        self._terms = dict(terms)
        self._standings = Standings(spark, f"{checkpoint_path.rstrip('/')}/{_FOLDER}")

    def check(self) -> None:
        """Compares the state that there is with the terms; before a stream starts.

        What has been told is not kept, but follows from the state and the terms: with others, a
        session could end without a row.

        Raises:
            OptionError: the state was made with other terms.
        """
        self._standings.check(self._terms, "sessions")

    def before(self, batch_id: int) -> Standing:
        """What counts for a batch: what stood after the last one before it."""
        found = self._standings.before(batch_id)
        if found is None:
            return Standing(self._spark.sparkContext.defaultParallelism, self._terms)
        return Standing(**found | {"runs": tuple(Run(**run) for run in found["runs"])})

    def read(self, runs: Sequence[Run]) -> DataFrame | None:
        """The segments of these runs; None of none."""
        paths = [self._path(run.batch) for run in runs]
        return self._spark.read.schema(STATE_DDL).parquet(*paths) if paths else None

    def write(self, batch_id: int, segments: DataFrame) -> None:
        """Writes the run of a batch, over what an earlier try left."""
        segments.write.mode("overwrite").parquet(self._path(batch_id))

    def commit(self, before: Standing, after: Standing) -> None:
        """Says what counts after a batch, then deletes what neither the next nor a replay needs."""
        needed = {f"run-{run.batch}" for run in (*before.runs, *after.runs)}
        self._standings.commit(after.batch, asdict(after), needed)

    def _path(self, batch: int) -> str:
        return f"{self._standings.path}/run-{batch}"
