"""A lake on a full disk: an error in one line, tables as they were, and later all goes on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.lake import PRICE_OBSERVATIONS
from glue_jobs.lake import LakeError
from tests.spark.glue_jobs.archive_job import Archive, at
from tests.spark.glue_jobs.maintained_lake import MaintainedLake
from tests.spark.glue_jobs.price_lake import BOTH, append, history_of, observed, rows

DAY = date(2026, 1, 1)
NEVER_CLOSED = timedelta(days=36_500)
FULL = "No space left on device"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 512 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Nothing but a page is left of the disk meanwhile."""
    found = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(b"x" * (found.f_bavail * found.f_frsize - 4_096))
    try:
        yield
    finally:
        filler.unlink()


def test_a_compaction_leaves_the_table_as_it_was(spark: Any, small_disk: Path) -> None:
    table = MaintainedLake(spark, small_disk)
    table.append(DAY, rows=1_000, files=3)
    version, products = table.version(), table.products()
    now = datetime.now(UTC)
    with filled(small_disk):
        error = table.failure(now, closed_after=NEVER_CLOSED)
        assert FULL in error
        assert (table.version(), table.products()) == (version, products)
    assert table.maintain(now, closed_after=NEVER_CLOSED)["replaced"] == 3
    assert table.products() == products


def test_a_batch_of_the_archive_is_in_the_table_once_there_is_room(
    spark: Any, glue: Any, small_disk: Path
) -> None:
    archived = Archive(spark, glue, small_disk)
    archived.batch(0, at(0, 1, event_id="a"))
    more = [at(1_000, 2, event_id="b"), at(0, 3, event_id="a"), (4, b"no event")]
    with filled(small_disk), pytest.raises(LakeError, match=FULL) as raised:
        archived.batch(1, *more)
    assert "\n" not in str(raised.value)
    assert [batch for _, batch in archived.items] == [0]
    assert (archived.numbers(), archived.versions()) == ([1], 1)
    archived.batch(1, *more)
    assert archived.numbers() == [1, 2]
    assert archived.rejects() == [(3, "duplicate"), (4, "not_json")]


def test_a_training_leaves_the_observations_as_they_were(
    glue: Any, tables: Any, tmp_path: Path, small_disk: Path
) -> None:
    place = small_disk / PRICE_OBSERVATIONS.name
    place.mkdir()
    (tmp_path / PRICE_OBSERVATIONS.name).symlink_to(place)
    history = history_of(glue, tables, tmp_path)
    append(tmp_path, 1, {})
    history.check()
    history.update(BOTH)
    append(tmp_path, 1, {})
    version = observed(history).version()
    with filled(small_disk), pytest.raises(LakeError, match=FULL):
        history.update(BOTH)
    assert (observed(history).version(), rows(history)) == (version, [(1, 500, 1, 0)])
    assert history.update(BOTH)["replaced_days"] == ["2026-01-01"]
    assert rows(history) == [(1, 500, 2, 0)]
