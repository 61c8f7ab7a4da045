"""A Lambda destination as a batch's sink: what is given up goes to `rejects`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_jobs import sinks
from glue_jobs.frames import cached
from glue_jobs.lambda_destination import Destination, deliver, undelivered
from transforms import rejects as R

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import DataFrame

Sink = Callable[["DataFrame"], int]


@dataclass(frozen=True)
class LambdaSink:
    """Records to a function; those that it does not take go to `rejects`."""

    glue: GlueContext
    destination: Destination
    job: str

    def __call__(self, records: DataFrame) -> int:
        """Delivers the records; how many were given up."""
        with cached(deliver(records, self.destination)) as delivered:
            refused = undelivered(delivered, self.destination)
            count = refused.count()
            if count:
                sinks.put_rejects(R.rejects(refused, self.job), self.glue)
        return count
