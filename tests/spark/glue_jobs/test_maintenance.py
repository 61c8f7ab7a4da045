"""Maintenance of a Delta table: what it does, when it does nothing, and what it leaves alone."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from tests.spark.glue_jobs.maintained_lake import TABLE, MaintainedLake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DAY = date(2026, 1, 1)
OPEN = datetime(2026, 1, 1, 20, tzinfo=UTC)  # the day goes on
CLOSED = datetime(2026, 1, 2, 7, tzinfo=UTC)  # it ended seven hours ago
LATER = timedelta(days=400)  # after the commits of the tests, whose time is the machine's


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> MaintainedLake:
    return MaintainedLake(spark, tmp_path)


def made_then(lake: MaintainedLake, moment: datetime) -> None:
    """The table's commits are from before that moment, as its store tells it."""
    for path in (lake.location / "_delta_log").iterdir():
        os.utime(path, (moment.timestamp() - 60,) * 2)


def test_small_files_of_an_open_day_become_one_and_then_nothing_is_left_to_do(
    lake: MaintainedLake,
) -> None:
    lake.append(DAY, files=5)
    lake.append(date(2025, 12, 31), files=1)
    before = lake.products()
    made_then(lake, OPEN)
    done = lake.maintain(OPEN, closed_after=timedelta(days=9))
    assert (done["compacted"], done["clustered"], done["replaced"]) == (["2026-01-01"], [], 5)
    assert len(lake.files(DAY)) == 1
    assert lake.products() == before
    assert lake.figures[-1]["recordCount"] == "60"
    assert lake.figures[-1]["objectCount"] == "2"
    version = lake.version()
    made_then(lake, OPEN)
    again = lake.maintain(OPEN, closed_after=timedelta(days=9))
    assert again["nothing_to_do"] is True
    assert lake.version() == version


def test_a_closed_day_is_clustered_once_and_again_when_enough_came(lake: MaintainedLake) -> None:
    lake.append(DAY, rows=50, files=2)
    made_then(lake, CLOSED)
    assert lake.maintain(CLOSED)["clustered"] == ["2026-01-01"]
    last = DeltaTable(lake.location).history(1)[0]
    assert last["operationParameters"]["zOrderBy"] == '["product_id"]'
    made_then(lake, CLOSED)
    assert lake.maintain(CLOSED)["nothing_to_do"] is True
    lake.append(DAY, rows=10)  # a tenth of what was clustered, and not more
    made_then(lake, CLOSED)
    assert lake.maintain(CLOSED)["compacted"] == ["2026-01-01"]
    lake.append(DAY, rows=1)
    before = lake.products()
    made_then(lake, CLOSED)
    assert lake.maintain(CLOSED)["clustered"] == ["2026-01-01"]
    assert lake.products() == before
    assert len(lake.files(DAY)) == 1


def test_a_lake_without_the_table_is_left_alone(spark: SparkSession, tmp_path: Path) -> None:
    lake = MaintainedLake(spark, tmp_path)
    done = lake.maintain(OPEN, tables=("clicks",))
    assert (done["table"], done["nothing_to_do"], done["figures"]) == ("clicks", True, None)


def test_a_damaged_file_is_named_and_the_other_days_are_done(lake: MaintainedLake) -> None:
    other = DAY - timedelta(days=1)
    lake.append(DAY, files=2)
    lake.append(other, files=2)
    damaged = lake.files(DAY)[0]
    damaged.write_bytes(b"not a file of rows")
    made_then(lake, OPEN)
    error = lake.failure(OPEN, closed_after=timedelta(days=9))
    assert f"{TABLE} of 2026-01-01: " in error
    assert damaged.name in error
    assert len(lake.files(other)) == 1
    assert len(lake.files(DAY)) == 2
    assert lake.said[0]["compacted"] == ["2025-12-31"]
    assert lake.figures[-1]["recordCount"] == "40"


def test_files_are_deleted_once_the_table_has_not_had_them_for_the_retention(
    lake: MaintainedLake,
) -> None:
    lake.append(DAY, files=3)
    old = lake.files(DAY)
    now = datetime.now(UTC)
    assert lake.maintain(now, retention=timedelta(days=7))["deleted"] == 0
    assert all(path.exists() for path in old)
    assert lake.maintain(now, retention=timedelta(0))["deleted"] == 3
    assert not any(path.exists() for path in old)
    assert len(lake.products()) == 30


def test_a_reader_of_an_older_snapshot_reads_on_until_the_retention_is_over(
    lake: MaintainedLake,
) -> None:
    lake.append(DAY, files=3)
    rows, now = lake.products(), datetime.now(UTC)
    reader = DeltaTable(lake.location)
    found = lake.maintain(now, retention=timedelta(days=7))
    assert (found["replaced"], found["deleted"]) == (3, 0)
    assert sorted(reader.to_pyarrow_table()["product_id"].to_pylist()) == rows
    assert lake.maintain(now, retention=timedelta(0))["deleted"] == 3
    with pytest.raises(FileNotFoundError):
        reader.to_pyarrow_table()
    assert lake.products() == rows


@pytest.mark.parametrize("note", [b"[1]", b"\xff"])
def test_a_damaged_note_of_what_was_clustered_is_none(lake: MaintainedLake, note: bytes) -> None:
    lake.append(DAY, files=2)
    made_then(lake, CLOSED)
    path = lake.folder / "_maintenance" / f"{TABLE}.json"
    path.parent.mkdir()
    path.write_bytes(note)
    assert lake.maintain(CLOSED)["clustered"] == ["2026-01-01"]
    assert json.loads(path.read_text()) == {"2026-01-01": 20}


def test_a_note_that_cannot_be_read_is_a_failure_of_its_table_alone(lake: MaintainedLake) -> None:
    lake.append(DAY, files=2)
    made_then(lake, CLOSED)
    (lake.folder / "_maintenance" / f"{TABLE}.json").mkdir(parents=True)
    error = lake.failure(CLOSED)
    assert error.startswith(f"{TABLE}: ")
    assert "\n" not in error
    assert [line.get("table") for line in lake.said] == [TABLE, None]


def test_after_the_clock_was_set_back_nothing_is_touched(lake: MaintainedLake) -> None:
    lake.append(DAY, files=3)
    made_then(lake, datetime.now(UTC) + LATER)
    before, version = lake.files(DAY), lake.version()
    error = lake.failure(datetime.now(UTC), retention=timedelta(0))
    assert f"the latest commit of {TABLE} says" in error
    assert (lake.files(DAY), lake.version()) == (before, version)
    assert all(path.exists() for path in before)


def test_while_a_day_goes_on_its_files_stay_as_few_as_come_between_two_runs(
    lake: MaintainedLake,
) -> None:
    """Two hours of a commit every minute; the benchmark has a whole day of one every 10 s."""
    commits, hours, most = 60, 2, 0
    for hour in range(hours):
        lake.append(DAY, rows=2, files=commits)
        most = max(most, len(lake.files(DAY)))
        made_then(lake, OPEN + timedelta(hours=hour))
        lake.maintain(OPEN + timedelta(hours=hour), closed_after=timedelta(days=9))
    assert most <= commits + 1
    assert len(lake.files(DAY)) == 1
    assert len(set(lake.products())) == hours * commits * 2
