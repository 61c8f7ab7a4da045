"""The job of a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import SparkSession

from awsglue.context import GlueContext


class Job:
    """Start and end of a job. Bookmarks are none here: streams keep their place in checkpoints.

    Raises:
        Exception: made of something that is neither a GlueContext nor a SparkSession.
    """

    def __init__(self, glue_context: GlueContext | SparkSession) -> None:
        if not isinstance(glue_context, GlueContext | SparkSession):
            raise Exception(
                f"cannot init Job instance given input parameter type: {type(glue_context)}"
            )
        self._context = glue_context
        self._name: str | None = None
        self._initialised = False

    def init(self, job_name: str | None, args: Mapping[str, Any] | None = None) -> None:
        """Begin the job."""
        self._name, self._initialised = job_name, True

    def isInitialized(self) -> bool:
        """Whether `init` was called."""
        return self._initialised

    def commit(self) -> None:
        """End the job."""
        self._initialised = False
