"""Records that were set aside, as the table `rejects` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from catalog.operations import REJECTS
from transforms import payloads, times
from transforms.contract import conform
from transforms.events import PAYLOAD_CHARACTERS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

TIME_TO_LIVE_DAYS = 90


def with_reasons(records: DataFrame, reasons: DataFrame) -> DataFrame:
    """The good records that were found unusable later, as `rejects` takes them.

    `reasons` has `sequence_number`, `reason` and `detail` of each. Of most good records the data is
    not kept: `payload` is null then.
    """
    found = records.drop("reason").join(reasons, on="sequence_number")
    start = payloads.start_of(F.col("data"), PAYLOAD_CHARACTERS)
    return found.withColumn("payload", start)


def rejects(records: DataFrame, job: str) -> DataFrame:
    """One row a record with a reason; a pure function of the record, so a replay writes the same.

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
