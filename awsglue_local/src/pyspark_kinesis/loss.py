"""What happens when records left the stream before they were read."""

from __future__ import annotations

import logging
from typing import Final

from pyspark_kinesis.errors import DataLossError
from pyspark_kinesis.options import KinesisOptions

_LOG: Final = logging.getLogger("pyspark_kinesis")


def lose(
    options: KinesisOptions, shard_id: str, what: str, cause: BaseException | None = None
) -> None:
    """Say that records may be lost, and go on.

    Raises:
        DataLossError: instead, if the option failOnDataLoss is set.
    """
    found = f"kinesis: stream {options.stream_name}, shard {shard_id}: {what}"
    if options.fail_on_data_loss:
        raise DataLossError(
            f"{found}; records may be lost. Delete the checkpoint to start anew, "
            "or set failOnDataLoss to false to go on with what is there."
        ) from cause
    _LOG.warning("%s; records may be lost (failOnDataLoss is false).", found)
