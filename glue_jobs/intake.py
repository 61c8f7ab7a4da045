"""The records of a batch: the good ones as they are, the others written to `rejects`."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from glue_jobs import sinks
from glue_jobs.frames import cached, first
from transforms import events as E
from transforms import rejects as R
from transforms.rules import CLICKS, Bound, Contract
from transforms.stream_clock import progress

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from pyspark.sql import DataFrame, Row
    from pyspark.sql import types as T


def read(
    parsed: DataFrame,
    declared: T.StructType,
    glue: GlueContext,
    job: str,
    caches: ExitStack,
    contract: Contract = CLICKS,
) -> tuple[DataFrame, Row]:
    """The records of `transforms.events.parse_events`, each good or with its reason, and how far
    the stream was read with them (`transforms.stream_clock.progress`).
    """
    records = caches.enter_context(cached(parsed)).select("record.*")
    found = first(progress(records))
    if not found["set_aside"]:
        return records, found
    records = settled(records, declared, None, glue, job, caches, contract)
    return records, first(progress(records))


def settled(
    records: DataFrame,
    declared: T.StructType,
    late: Bound | None,
    glue: GlueContext,
    job: str,
    caches: ExitStack,
    contract: Contract = CLICKS,
) -> DataFrame:
    """The parsed records, each of them good or with its reason; those with one are in `rejects`.

    Worth its time for a batch with doubts alone: the exact tests are many.
    """
    judged = caches.enter_context(cached(E.judged(records, declared, late, contract)))
    sinks.put_rejects(R.rejects(judged, job), glue)
    return E.settled(records, judged, late)
