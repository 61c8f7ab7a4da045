"""A batch of the archive: which rows it leaves, whichever batches came before."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import types as T

from catalog.lake import CLICKS
from catalog.tables import LakeTable
from glue_jobs import archive_batch, lake
from glue_jobs.archive_batch import MAX_INTERVALS
from glue_jobs.lake import LakeError
from glue_jobs.options import OptionError
from tests.spark.glue_jobs.archive_job import CLICK, DAY, HOUR, MINUTE, START, Archive, at, counts
from transforms import archive as A
from transforms.intervals import covering


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


def test_a_restamped_event_is_found_within_the_horizon_and_not_a_step_beyond(
    archive: Archive,
) -> None:
    noon, step = 12 * HOUR, 10 * MINUTE
    archive.batch(0, *(at(noon, number, event_id=f"e{number}") for number in (1, 2, 3, 4)))
    archive.batch(1, at(noon + HOUR, 11, event_id="e1"))
    archive.batch(2, at(noon - HOUR, 12, event_id="e2"))
    archive.batch(3, at(noon + HOUR + step, 13, event_id="e3"))
    soon = timedelta(seconds=59)
    archive.batch(4, at(noon + MINUTE + step, 14, event_id="e4"), duplicate_horizon=soon)
    assert archive.numbers() == [1, 2, 3, 4, 13, 14]
    assert archive.rejects() == [(11, "duplicate"), (12, "duplicate")]


def test_a_batch_of_many_hours_is_compared_with_what_is_near_each_of_them(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def spy(spans: Any, *bounds: int) -> Any:
        asked.append(sorted(spans))
        return covering(spans, *bounds)

    monkeypatch.setattr(archive_batch, "covering", spy)
    evening = 20 * HOUR
    archive.batch(0, at(0, 1, event_id="a"), at(evening, 2, event_id="b"))
    records = at(MINUTE, 3, event_id="a"), at(10 * HOUR, 4), at(evening, 5, event_id="b")
    archive.batch(1, *records, (6, b"{"))
    assert archive.numbers() == [1, 2, 4]
    assert archive.rejects() == [(3, "duplicate"), (5, "duplicate"), (6, "not_json")]
    assert asked[-1] == [(START + ms, START + ms) for ms in (MINUTE, 10 * HOUR, evening)]


def test_a_batch_without_a_good_record_is_told(archive: Archive) -> None:
    item = archive.batch(0, (1, b"{"), (2, b"null"))
    assert archive.clicks() == []
    assert counts(item) == {"counted": 0, "rejected": 2, "late": 0, "results": 0}


def test_what_nobody_declared_is_found_among_events_of_every_writing(archive: Archive) -> None:
    """The first is as declared, the second in another order, the third as most serialisers write,
    the fourth reads like a number where a text is declared, and has a field more.
    """
    begun = f'"user_id":"ann","event_timestamp":{START},"event_type":"click"'
    texts = {
        1: f"{{{begun}}}",
        2: f'{{"event_type":"click","event_timestamp":{START},"user_id":"ann"}}',
        3: json.dumps({**CLICK, "campaign": "tea"}),
        4: f'{{{begun},"event_id" :"7","price":2}}',
    }
    archive.batch(0, *((number, text.encode()) for number, text in texts.items()))
    assert archive.clicks("other") == [None, None, {"campaign": "tea"}, {"price": "2"}]


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
    archive.batch(1, at(9, 3, event_id="e"), at(10, 4), (6, b"{"))
    item = archive.batch(
        0,
        *(at(0, 1, event_id="e"), at(0, 2), at(9, 3, event_id="e"), at(10, 4), (6, b"{")),
        *(at(11, 5), (7, b"null")),
        query="r",
    )
    assert archive.numbers() == [1, 2, 4, 5]
    assert archive.rejects() == [(3, "duplicate"), (6, "not_json"), (7, "wrong_type")]
    assert counts(item) == {"counted": 4, "rejected": 3, "late": 0, "results": 4}


def test_late_events_and_those_of_a_clock_set_back_go_into_their_own_days(
    archive: Archive,
) -> None:
    item = archive.batch(0, at(-3 * DAY, 1), at(DAY - 1, 2), at(DAY, 3), arrived=START + DAY)
    archive.batch(1, at(-2 * HOUR, 4, event_id="b"), arrived=START - HOUR)
    assert archive.clicks("sequence_number", "event_date") == [
        (f"{1:056d}", date(2025, 12, 29)),
        (f"{2:056d}", date(2026, 1, 1)),
        (f"{3:056d}", date(2026, 1, 2)),
        (f"{4:056d}", date(2025, 12, 31)),
    ]
    assert counts(item)["late"] == 0


def test_what_cannot_be_used_is_set_aside_with_position_and_reason(archive: Archive) -> None:
    item = archive.batch(0, (1, b"no event"), at(0, 2, event_type="hover"), at(2 * DAY, 3))
    assert archive.clicks() == []
    assert archive.rejects() == [
        (1, "not_json"),
        (2, "bad_value"),
        (3, "timestamp_out_of_range"),
    ]
    assert counts(item) == {"counted": 0, "rejected": 3, "late": 0, "results": 0}


def test_a_field_is_a_column_from_the_batch_on_in_which_it_is_declared(archive: Archive) -> None:
    batches = archive.started()
    batches(archive.rows(at(0, 1, campaign="tea", price=1)), 0)
    archive.declared = [T.StructField("campaign", T.StringType())]
    batches(archive.rows(at(0, 2, campaign="mug", price=2)), 1)
    archive.declared = []
    batches(archive.rows(at(0, 3, campaign="pot")), 2)
    assert archive.clicks("campaign", "other") == [
        (None, {"campaign": "tea", "price": "1"}),
        ("mug", {"price": "2"}),
        (None, {"campaign": "pot"}),
    ]
    archive.declared = [T.StructField("campaign", T.LongType())]
    with pytest.raises(LakeError, match="campaign is string, not bigint; a column keeps its type"):
        archive.started()
    archive.declared = [T.StructField("other", T.StringType())]
    with pytest.raises(OptionError, match=r"--table: .*\['other'\] are declared twice"):
        archive.started()


def test_a_batch_that_was_cut_off_after_any_commit_is_finished(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.batch(0, at(0, 1, event_id="e"))
    records = (at(9, 2, event_id="e"), at(10, 3), (4, b"{"))
    append = lake.append

    def cut_off(rows: Any, table: LakeTable, *place: Any, **commit: Any) -> None:
        append(rows, table, *place, **commit)
        raise LakeError("cut off")

    monkeypatch.setattr(lake, "append", cut_off)
    for archived in ([1], [1, 3]):  # cut off after the rejects, then after the clicks
        with pytest.raises(LakeError, match="cut off"):
            archive.batch(1, *records)
        assert archive.rejects() == [(2, "duplicate"), (4, "not_json")]
        assert archive.numbers() == archived
    monkeypatch.undo()
    item = archive.batch(1, *records)
    assert archive.numbers() == [1, 3]
    assert archive.rejects() == [(2, "duplicate"), (4, "not_json")]
    assert counts(item) == {"counted": 1, "rejected": 2, "late": 0, "results": 1}


def test_a_record_that_is_judged_otherwise_by_the_second_try_is_in_one_of_the_tables(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = (at(0, 1, stars="many"), (2, b"{"), at(0, 3))
    append = lake.append

    def rejects_alone(rows: Any, table: LakeTable, *place: Any, **commit: Any) -> None:
        if table == CLICKS:
            raise LakeError("cut off")
        append(rows, table, *place, **commit)

    monkeypatch.setattr(lake, "append", rejects_alone)
    with pytest.raises(LakeError, match="cut off"):
        archive.batch(0, *records)
    assert archive.rejects() == [(2, "not_json")]
    monkeypatch.undo()
    archive.declared = [T.StructField("stars", T.LongType())]
    item = archive.batch(0, *records)
    assert archive.rejects() == [(1, "wrong_type"), (2, "not_json")]
    assert archive.numbers() == [3]
    assert counts(item) == {"counted": 1, "rejected": 2, "late": 0, "results": 1}


def test_a_batch_opens_the_files_near_it_and_not_the_day(archive: Archive, spark: Any) -> None:
    for hour in range(5):
        archive.batch(hour, at(hour * 4 * HOUR, hour + 1), at(hour * 4 * HOUR + 1, hour + 11))
    around = covering([(START + 8 * HOUR, START + 8 * HOUR)], HOUR, MAX_INTERVALS)
    near = A.within(lake.read(spark, CLICKS, archive.lake), around)
    assert len(lake.read(spark, CLICKS, archive.lake).inputFiles()) == 5
    assert len(near.inputFiles()) == 1
    assert near.count() == 2
