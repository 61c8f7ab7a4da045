"""The lake's tables: made once, appended to once, and errors of one line."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalog.lake import CLICKS, PRICE_OBSERVATIONS
from glue_jobs import lake
from glue_jobs.lake import LakeError


def observations(spark: Any, *products: str) -> Any:
    rows = [(product, None, 1, 1, 2, 0, date(2026, 1, 1)) for product in products]
    return spark.createDataFrame(rows, PRICE_OBSERVATIONS.schema.struct_type())


def test_a_table_that_several_make_at_once_is_made_once(spark: Any, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [pool.submit(lake.ensure, spark, CLICKS, str(tmp_path)) for _ in range(4)]
    assert [each.result() for each in made] == [None] * 4
    location = CLICKS.location(str(tmp_path))
    assert spark.sql(f"DESCRIBE HISTORY delta.`{location}`").count() == 1
    detail = spark.sql(f"DESCRIBE DETAIL delta.`{location}`").collect()[0]
    assert detail["partitionColumns"] == ["event_date"]
    skipped_by = detail["properties"]["delta.dataSkippingStatsColumns"]
    assert skipped_by == "product_id,user_id,event_timestamp"


def test_a_version_of_an_app_is_taken_once_and_its_note_is_kept(spark: Any, tmp_path: Path) -> None:
    place = str(tmp_path)
    lake.ensure(spark, PRICE_OBSERVATIONS, place)
    for app, version, product in (("a", 1, "x"), ("a", 1, "y"), ("a", 0, "y"), ("b", 1, "z")):
        rows = observations(spark, product)
        lake.append(rows, PRICE_OBSERVATIONS, place, app=app, version=version, note=product)
    found = lake.read(spark, PRICE_OBSERVATIONS, place).collect()
    assert sorted(row["product_id"] for row in found) == ["x", "z"]
    history = spark.sql(f"DESCRIBE HISTORY delta.`{PRICE_OBSERVATIONS.location(place)}`")
    assert [row["userMetadata"] for row in history.collect()] == ["z", "x", None]


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (lambda s, at: lake.read(s, CLICKS, at), "Path does not exist"),
        (lambda s, at: lake.ensure(s, CLICKS, "nothing://there"), "No FileSystem for scheme"),
        (
            lambda s, at: lake.append(
                observations(s, "x"), CLICKS, at, app="a", version=0, note="n"
            ),
            "DELTA",
        ),
    ],
    ids=["there is none", "a scheme that nobody knows", "rows of another table"],
)
def test_an_error_is_one_line_that_says_where(
    spark: Any, tmp_path: Path, attempt: Callable[[Any, str], Any], told: str
) -> None:
    if told == "DELTA":
        lake.ensure(spark, CLICKS, str(tmp_path))
    with pytest.raises(LakeError) as raised:
        attempt(spark, str(tmp_path))
    text = str(raised.value)
    assert told in text
    assert "/clicks/: " in text
    assert "\n" not in text
