"""Maintenance beside a writer, and on a disk that is full."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from glue_jobs import lake, maintenance
from glue_jobs.lake_maintenance import Options
from tests.spark.glue_jobs.archive_job import Archive, at
from tests.spark.glue_jobs.maintained_lake import MaintainedLake

DAY = date(2026, 1, 1)
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


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_on_a_full_disk_the_table_stays_as_it_was(spark: Any, small_disk: Path) -> None:
    table = MaintainedLake(spark, small_disk)
    table.append(DAY, rows=1_000, files=3)
    (small_disk / "filler").write_bytes(b"x" * _free(small_disk))
    version, rows = table.version(), table.products()
    now = datetime.now(UTC)
    error = table.failure(now, closed_after=NEVER_CLOSED)
    assert "No space left on device" in error
    assert (table.version(), table.products()) == (version, rows)
    (small_disk / "filler").unlink()
    assert table.maintain(now, closed_after=NEVER_CLOSED)["replaced"] == 3
    assert table.products() == rows


def _free(disk: Path) -> int:
    """Bytes left, but for a page."""
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize - 4_096
