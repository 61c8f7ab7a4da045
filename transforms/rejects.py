"""Records that were set aside, as the table `rejects` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from catalog.operations import REJECTS
from transforms import times
from transforms.contract import conform

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

TIME_TO_LIVE_DAYS = 90


def with_repetitions(records: DataFrame, repetitions: DataFrame) -> DataFrame:
    """The records with the problem `duplicate` where the position is among the repetitions.

    `repetitions` has `sequence_number` and `detail` of each.
    """
    found = repetitions.select("sequence_number", F.col("detail").alias("repeats"))
    return (
        records.join(found, on="sequence_number", how="left")
        .withColumns(
            {
                "reason": F.coalesce("reason", F.when(F.col("repeats").isNotNull(), "duplicate")),
                "detail": F.coalesce("detail", "repeats"),
            }
        )
        .drop("repeats")
    )


def rejects(records: DataFrame, job: str) -> DataFrame:
    """One row a record with a problem; a pure function of the record, so a replay writes the same.

    `expires_at` counts from the record's arrival.
    """
    rows = records.where(F.col("reason").isNotNull()).select(
        F.concat_ws("/", "stream", "sequence_number").alias("position"),
        F.lit(job).alias("job"),
        "stream",
        "sequence_number",
        "partition_key",
        times.iso(F.col("arrived_at"), times.MILLISECONDS).alias("arrived_at"),
        "reason",
        "detail",
        "payload",
        "payload_bytes",
        (F.floor(F.col("arrived_at") / 1_000) + TIME_TO_LIVE_DAYS * 86_400).alias("expires_at"),
    )
    return conform(rows, REJECTS.schema, stage="rejects")
