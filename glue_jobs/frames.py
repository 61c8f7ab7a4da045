"""Frames of a batch: kept while they are needed, and read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row


def first(rows: DataFrame) -> Row:
    """The first row of a frame that has one."""
    return rows.collect()[0]


@contextmanager
def cached(frame: DataFrame) -> Iterator[DataFrame]:
    """The frame, computed once however often it is used inside."""
    kept = frame.persist()
    try:
        yield kept
    finally:
        kept.unpersist()
