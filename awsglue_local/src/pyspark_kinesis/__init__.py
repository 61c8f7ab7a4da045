"""Kinesis Data Streams as a Spark Python Data Source: `spark.readStream.format("kinesis")`.

Spark finds this module by its name (`pyspark_*`) when it is on the path of driver and workers.
Columns: data, streamName, partitionKey, sequenceNumber, approximateArrivalTimestamp (UTC).
Options are those of a Glue Kinesis connection: see `pyspark_kinesis.options`.

What holds:
- The end of a batch is fixed when it is planned, in records that were really read. A replay, also
  from another host or after a crash, reads exactly the same records.
- A closed shard is read to its end before its children start.
- Records packed by the Kinesis Producer Library come unpacked; their sequence numbers read
  `<sequence>:<n>`.
- `trigger(availableNow=True)` reads one batch, of at most maxFetchRecordsPerShard records a shard:
  Spark asks a Python Data Source for the end of the stream just once.
- Whether all is read, other processes can ask with `is_drained`: see `pyspark_kinesis.status`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark_kinesis.errors import DataLossError, KinesisError, KinesisOptionError
from pyspark_kinesis.status import STATUS_DIRECTORY, is_drained, statuses

if TYPE_CHECKING:
    from pyspark_kinesis.source import DefaultSource

__all__ = [
    "STATUS_DIRECTORY",
    "DataLossError",
    "DefaultSource",
    "KinesisError",
    "KinesisOptionError",
    "is_drained",
    "statuses",
]


def __getattr__(name: str) -> Any:
    """`DefaultSource`, imported late: the rest of this package works without PySpark."""
    if name != "DefaultSource":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from pyspark_kinesis.source import DefaultSource
    except ImportError as error:
        import pyspark

        raise KinesisError(
            f"kinesis: found PySpark {pyspark.__version__}; Python Data Sources exist from 4.0 on. "
            "Install pyspark 4.1."
        ) from error
    return DefaultSource
