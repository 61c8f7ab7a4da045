"""Maintenance beside a writer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from glue_jobs import lake, maintenance
from glue_jobs.lake_maintenance import Options
from tests.spark.glue_jobs.archive_job import Archive, at

NEVER_CLOSED = timedelta(days=36_500)


def test_a_batch_whose_day_is_compacted_before_it_commits_loses_nothing(
    spark: Any, glue: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(spark, glue, tmp_path)
    archive.batch(0, at(0, 1, event_id="a"))
    archive.batch(1, at(1_000, 2, event_id="b"))
    settings = Options(
        "lake_maintenance", archive.lake, tables=("clicks",), closed_after=NEVER_CLOSED
    )
    said: list[str] = []
    append = lake.append

    def compact_first(*given: Any, **named: Any) -> None:
        if not said:
            maintenance.run(
                spark, settings, lambda: datetime.now(UTC), said.append, lambda *_: True
            )
        append(*given, **named)

    monkeypatch.setattr(lake, "append", compact_first)
    archive.batch(2, at(0, 3, event_id="a"), at(2_000, 4, event_id="c"))
    assert json.loads(said[0])["replaced"] == 2
    assert archive.numbers() == [1, 2, 4]
    assert archive.rejects() == [(3, "duplicate")]
