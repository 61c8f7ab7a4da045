"""A batch of the archive: which rows it leaves, whichever batches came before."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.spark.glue_jobs.archive_job import DAY, HOUR, SECOND, START, Archive, at, counts


@pytest.fixture
def archive(spark: Any, glue: Any, tmp_path: Path) -> Archive:
    """The job with an empty lake."""
    return Archive(spark, glue, tmp_path)


def test_a_row_is_the_event_with_its_position_and_its_day(archive: Archive) -> None:
    archive.batch(0, at(HOUR, 1, event_id="e1", quantity=2, campaign={"name": "tea"}, score="12"))
    (row,) = archive.clicks()
    expected = {
        "user_id": "ann",
        "event_timestamp": START + HOUR,
        "event_type": "click",
        "event_id": "e1",
        "quantity": 2,
        "price_cents": None,
        "other": {"campaign": '{"name":"tea"}', "score": "12"},
        "stream": "clickstream",
        "sequence_number": f"{1:056d}",
        "partition_key": "k",
        "arrived_at": START,
        "event_date": date(2026, 1, 1),
    }
    assert {name: row[name] for name in expected} == expected


def test_an_event_sent_again_in_its_batch_stands_once(archive: Archive) -> None:
    item = archive.batch(0, at(0, 3, event_id="e"), at(5, 2, event_id="e"), at(0, 4), at(0, 5))
    assert archive.numbers() == [2, 4, 5]
    assert archive.rejects() == [(3, "duplicate")]
    assert counts(item) == {"counted": 3, "rejected": 1, "late": 0, "results": 3}


def test_an_identical_event_sent_again_is_found_however_much_later(archive: Archive) -> None:
    archive.batch(0, at(0, 1, event_id="e"))
    archive.batch(1, at(400 * DAY, 2, event_id="x"), arrived=START + 400 * DAY)
    item = archive.batch(2, at(0, 3, event_id="e"), at(0, 4), arrived=START + 800 * DAY)
    assert archive.numbers() == [1, 2, 4]
    assert archive.rejects() == [(3, "duplicate")]
    assert counts(item) == {"counted": 1, "rejected": 1, "late": 0, "results": 1}


@pytest.mark.parametrize(("ms", "found"), [(HOUR, True), (-HOUR, True), (HOUR + 1, False)])
def test_a_restamped_event_is_found_within_the_horizon(
    archive: Archive, ms: int, found: bool
) -> None:
    archive.batch(0, at(2 * HOUR, 1, event_id="e"))
    archive.batch(1, at(2 * HOUR + ms, 2, event_id="e"))
    assert archive.numbers() == ([1] if found else [1, 2])


def test_a_batch_tried_again_after_its_commit_changes_nothing_and_counts_the_same(
    archive: Archive,
) -> None:
    records = (at(0, 1, event_id="e"), at(9, 2, event_id="e"), at(0, 3), (4, b"{"))
    first = archive.batch(0, *records)
    before = archive.clicks(), archive.rejects()
    archive.items.clear()
    assert archive.batch(0, *records) == first
    assert (archive.clicks(), archive.rejects()) == before
    assert archive.versions() == 1


def test_a_lost_checkpoint_doubles_nothing(archive: Archive) -> None:
    archive.batch(0, at(0, 1, event_id="e"), at(0, 2))
    archive.batch(1, at(9, 3, event_id="e"), at(10, 4))
    item = archive.batch(
        0, at(0, 1, event_id="e"), at(0, 2), at(9, 3, event_id="e"), at(10, 4), at(11, 5), query="r"
    )
    assert archive.numbers() == [1, 2, 4, 5]
    assert counts(item) == {"counted": 4, "rejected": 1, "late": 0, "results": 4}


def test_late_events_go_into_their_own_days(archive: Archive) -> None:
    item = archive.batch(0, at(-3 * DAY, 1), at(DAY - 1, 2), at(DAY, 3), arrived=START + DAY)
    assert archive.clicks("event_date") == [
        date(2025, 12, 29),
        date(2026, 1, 1),
        date(2026, 1, 2),
    ]
    assert counts(item)["late"] == 0


def test_a_clock_set_back_loses_nothing(archive: Archive) -> None:
    archive.batch(0, at(0, 1, event_id="a"), arrived=START + HOUR)
    archive.batch(1, at(-2 * HOUR, 2, event_id="b"), arrived=START - HOUR)
    archive.batch(2, at(-SECOND, 3, event_id="c"), arrived=START - 2 * HOUR)
    assert archive.numbers() == [1, 2, 3]


def test_what_cannot_be_used_is_set_aside_with_position_and_reason(archive: Archive) -> None:
    item = archive.batch(0, (1, b"no event"), at(0, 2, event_type="hover"), at(2 * DAY, 3))
    assert archive.clicks() == []
    assert archive.rejects() == [
        (1, "not_json"),
        (2, "bad_value"),
        (3, "timestamp_out_of_range"),
    ]
    assert counts(item) == {"counted": 0, "rejected": 3, "late": 0, "results": 0}
