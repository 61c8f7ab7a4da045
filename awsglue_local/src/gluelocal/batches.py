"""forEachBatch: a streaming query over a batch function, with Glue's retries."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from pyspark import StorageLevel
from pyspark.sql import DataFrame

from gluelocal.control import BatchFunction, current

_MOST_RETRIES: Final = 100
_CHECKPOINT_GONE: Final = "CheckpointMetadataNotFound"


class Logger(Protocol):
    """The logger of a GlueContext."""

    def info(self, msg: str) -> None: ...  # noqa: D102
    def warn(self, msg: str) -> None: ...  # noqa: D102
    def error(self, msg: str) -> None: ...  # noqa: D102


@dataclass(frozen=True)
class BatchOptions:
    """The options of forEachBatch."""

    window_size: str
    checkpoint_location: str
    max_retries: int
    persist: bool
    storage_level: StorageLevel

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> BatchOptions:
        """Options from a script's mapping, with upstream's checks and wording.

        Raises:
            Exception: windowSize or checkpointLocation is missing.
            ValueError: batchMaxRetries is not within 0 and 100.
        """
        for name in ("windowSize", "checkpointLocation"):
            if name not in options:
                raise Exception(f"Missing {name} argument")
        retries = int(options.get("batchMaxRetries", 3))
        if not 0 <= retries <= _MOST_RETRIES:
            raise ValueError(
                "Please specify the number of retries as an integer in the range of [0, 100]."
            )
        level = str(options.get("storageLevel", "MEMORY_AND_DISK")).upper()
        return cls(
            window_size=options["windowSize"],
            checkpoint_location=options["checkpointLocation"],
            max_retries=retries,
            persist=options.get("persistDataFrame", "true").lower() != "false",
            storage_level=getattr(StorageLevel, level),
        )


class BatchRunner:
    """Runs one query until it ends for good, starting it again after each failure.

    A failed batch is planned again from the checkpoint: same id, same rows, at most
    `1 + max_retries` times. What the function did before it failed is not undone.
    """

    def __init__(
        self,
        function: BatchFunction,
        options: BatchOptions,
        logger: Logger,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._function, self._options, self._logger = function, options, logger
        self._sleep, self._clock = sleep, clock
        self._retry = 0
        self._runs = 0

    def run(self, frame: DataFrame) -> None:
        """Block for ever; in a run that `gluelocal run` bounds, until the stream has ended.

        Raises:
            Exception: the one that ended the query after the last retry.
        """
        query = (
            frame.writeStream.foreachBatch(self.process)
            .trigger(processingTime=self._options.window_size)
            .option("checkpointLocation", self._options.checkpoint_location)
        )
        while True:
            try:
                if self._retry > 0:
                    self._logger.warn(
                        f"Retrying micro batch processing, attempt {self._retry} out of "
                        f"{self._options.max_retries}. "
                    )
                query.start().awaitTermination()
            except Exception as error:  # noqa: BLE001 - a batch function may raise anything
                self._after_failure(error)
            control = current()
            if control is not None and control.stop_requested.is_set():
                return

    def _after_failure(self, error: Exception) -> None:
        if str(error).startswith(_CHECKPOINT_GONE):
            raise error
        self._retry += 1
        if self._retry > self._options.max_retries:
            self._logger.error(
                "Exceeded the maximum number of batch retries. Throwing the exception. "
            )
            raise error
        control = current()
        pause = float(self._retry if self._retry < 3 else 5)
        if control is None:
            self._sleep(pause)
        elif not control.wait_unless_stopped(pause):
            raise error

    def process(self, frame: DataFrame, batch_id: int) -> None:
        """Count one batch, hand it to the function unless it is empty, log the metrics."""
        started = self._clock()
        if self._runs > self._retry:
            self._runs = 0
            if self._retry > 0:
                self._retry = 0
                self._logger.info("The previous batch was succeeded. Reset the retry attempt.")
        self._runs += 1
        records = self._call(frame, batch_id)
        if records is not None:
            self._metric("numRecords", records)
        self._metric("batchProcessingTimeInMs", round((self._clock() - started) * 1000))

    def _call(self, frame: DataFrame, batch_id: int) -> int | None:
        """Number of records; None when the frame is not to be persisted, and so not counted."""
        if not self._options.persist:
            if len(frame.take(1)):
                self._function(frame, batch_id)
            return None
        frame.persist(self._options.storage_level)
        records = frame.count()
        if records > 0:
            self._function(frame, batch_id)
        frame.unpersist()
        return records

    def _metric(self, name: str, value: int) -> None:
        self._logger.info(f"glue.driver.streaming.{name}={value}")
