"""The records of a batch: the good ones as they are, the others set aside."""

from __future__ import annotations

from collections.abc import Callable
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

# Takes the judged records; those with a reason are to be set aside.
SetAside = Callable[["DataFrame"], None]


def into_rejects(glue: GlueContext, job: str) -> SetAside:
    """The table `rejects`."""
    return lambda judged: sinks.put_rejects(R.rejects(judged, job), glue)


def read(
    parsed: DataFrame,
    declared: T.StructType,
    set_aside: SetAside,
    caches: ExitStack,
    contract: Contract = CLICKS,
    summary: Callable[[DataFrame], DataFrame] = progress,
) -> tuple[DataFrame, Row]:
    """The records of `transforms.events.parse_events`, each good or with its reason, and their
    `summary`: how far the stream was read with them (`transforms.stream_clock.progress`), or
    another row with `set_aside`, how many are not good.
    """
    records = E.unpacked(caches.enter_context(cached(parsed)))
    found = first(summary(records))
    if not found["set_aside"]:
        return records, found
    records = settled(records, declared, None, set_aside, caches, contract)
    return records, first(summary(records))


def settled(
    records: DataFrame,
    declared: T.StructType,
    late: Bound | None,
    set_aside: SetAside,
    caches: ExitStack,
    contract: Contract = CLICKS,
) -> DataFrame:
    """The parsed records, each of them good or with its reason; those with one are set aside.

    Worth its time for a batch with doubts alone: the exact tests are many.
    """
    judged = caches.enter_context(cached(E.judged(records, declared, late, contract)))
    set_aside(judged)
    return E.settled(records, judged, late)
