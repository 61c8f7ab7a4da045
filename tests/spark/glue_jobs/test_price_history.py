"""The lake's observations, made of clicks in Delta and tables in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.errors import PySparkException

from catalog.lake import CLICKS, PRICE_OBSERVATIONS
from catalog.price_loop import ORDERS, PRODUCTS
from catalog.tables import LakeTable
from glue_jobs.lake import LakeError
from glue_jobs.options import OptionError
from glue_jobs.price_history import PriceHistory
from glue_jobs.training_days import Days
from tests.spark.glue_jobs.price_lake import BOTH, BUY, TEA, append, history_of, observed, rows


@pytest.fixture
def history(glue: Any, tables: Any, tmp_path: Path) -> PriceHistory:
    return history_of(glue, tables, tmp_path)


@pytest.fixture
def archive(tmp_path: Path) -> Callable[..., None]:
    """`archive(day, {...}, ...)`: appends events of a day of 2026-01 to the clicks."""
    return partial(append, tmp_path)


def test_a_day_is_replaced_only_when_what_it_says_has_changed(
    history: PriceHistory, archive: Any, tables: Any
) -> None:
    archive(1, {}, {"price_cents": 450}, BUY)
    archive(2, {}, {"event_type": "cart"}, {"product_id": "unheard"})
    history.check()
    assert history.newest_day() is None
    assert history.oldest_click() == BOTH.first
    assert history.update(BOTH) == {
        "observations": 3,
        "unused_events": {"unknown_product": 1},
        "unused_units": {},
        "replaced_days": ["2026-01-01", "2026-01-02"],
    }
    first = [(1, 450, 1, 0), (1, 500, 1, 2), (2, 500, 1, 0)]
    assert rows(history) == first
    files, version = set(observed(history).file_uris()), observed(history).version()

    history.check()
    assert history.update(BOTH)["replaced_days"] == []
    assert observed(history).version() == version

    # A late event and a return, each into its own day, in one commit.
    archive(2, {})
    assert history.update(BOTH)["replaced_days"] == ["2026-01-02"]
    assert rows(history) == [*first[:2], (2, 500, 2, 0)]
    assert observed(history).version() == version + 1
    assert len(files - set(observed(history).file_uris())) == 1

    tables.put(
        ORDERS,
        {
            "order_id": "o",
            "product_id": "tea",
            "ordered_at": "2026-01-01T00:00:00.000Z",
            "user_id": "ann",
            "quantity": 1,
            "unit_price_cents": 500,
            "status": "returned",
        },
    )
    assert history.update(Days(BOTH.first, BOTH.first))["replaced_days"] == ["2026-01-01"]
    assert rows(history)[1] == (1, 500, 1, 1)
    assert history.newest_day() == BOTH.last
    assert history.days(most=1) == [BOTH.last]
    learnt = history.learnt(history.days(most=9))
    assert sorted(zip(learnt["price_cents"], learnt["clicks"], learnt["units"], strict=True)) == [
        (450, 1, 0),
        (500, 3, 1),
    ]


def test_a_day_that_lost_all_it_had_is_emptied_and_a_day_reads_its_own_files_alone(
    history: PriceHistory, archive: Any, tables: Any
) -> None:
    archive(1, {})
    archive(2, {})
    history.check()
    history.update(BOTH)
    tables.remove(PRODUCTS, TEA)
    assert history.update(Days(BOTH.last, BOTH.last)) == {
        "observations": 0,
        "unused_events": {"unknown_product": 1},
        "unused_units": {},
        "replaced_days": ["2026-01-02"],
    }
    assert rows(history) == [(1, 500, 1, 0)]
    events = history.events(Days(BOTH.first, BOTH.first))
    read = events.inputFiles()
    assert len(read) == 1
    assert all("event_date=2026-01-01" in file for file in read)


def test_without_clicks_the_job_says_where_they_come_from(history: PriceHistory) -> None:
    with pytest.raises(OptionError, match=r"--lake-path: found no Delta table in .*click_archive"):
        history.check()


class BeatenError(PySparkException):
    """What Delta raises when another commit was first, as PySpark hands it on."""

    def __init__(self) -> None:
        super().__init__("beaten")
        kind = SimpleNamespace(getName=lambda: "io.delta.exceptions.ConcurrentAppendException")
        self._origin = SimpleNamespace(
            getCause=lambda: None, getMessage=lambda: "beaten", getClass=lambda: kind
        )


def test_a_day_that_somebody_rewrote_at_the_same_time_is_replaced_after_that(
    history: PriceHistory, archive: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(1, {})
    history.check()
    history.update(BOTH)
    archive(1, {})
    replace, conflicts = PriceHistory._replace, [1, 1]

    def beaten(*asked: Any) -> Any:
        if conflicts:
            conflicts.pop()
            raise BeatenError
        return replace(*asked)

    monkeypatch.setattr(PriceHistory, "_replace", beaten)
    assert history.update(BOTH)["replaced_days"] == ["2026-01-01"]
    assert rows(history) == [(1, 500, 2, 0)]
    conflicts.extend([1, 1, 1])
    with pytest.raises(LakeError, match="beaten"):
        history.update(BOTH)


def test_of_two_trainings_at_once_each_leaves_what_the_clicks_say(
    history: PriceHistory, archive: Any
) -> None:
    archive(1, {}, BUY)
    archive(2, {})
    history.check()
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(history.update, BOTH) for _ in range(2)]
    assert [each.result()["observations"] for each in both] == [2, 2]
    assert rows(history) == [(1, 500, 1, 2), (2, 500, 1, 0)]


@pytest.mark.parametrize(
    ("damaged", "attempt"),
    [(CLICKS, lambda h: h.update(BOTH)), (PRICE_OBSERVATIONS, lambda h: h.days(most=1))],
    ids=["clicks", "observations"],
)
def test_a_damaged_file_is_an_error_of_one_line_that_names_its_table(
    history: PriceHistory,
    archive: Any,
    damaged: LakeTable,
    attempt: Callable[[PriceHistory], Any],
) -> None:
    archive(1, {})
    history.check()
    history.update(BOTH)
    place = Path(damaged.location(history.options.lake_path))
    for file in place.rglob("*.parquet"):
        file.write_bytes(b"no parquet")
    for checksum in place.rglob(".*.crc"):
        checksum.unlink()
    with pytest.raises(LakeError) as raised:
        attempt(history)
    assert f"/{damaged.name}/: " in str(raised.value)
    assert "\n" not in str(raised.value)
