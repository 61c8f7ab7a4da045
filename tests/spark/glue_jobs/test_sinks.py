from types import SimpleNamespace
from typing import Any

import pytest

from glue_jobs import enrichment, sinks
from glue_jobs.price_batch import PriceBatches

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

PUT = "product_id string, known_product boolean, events bigint"


def test_the_totals_are_over_all_candidates_put(spark: Any) -> None:
    put = spark.createDataFrame([("tea", True, 40_000), ("mug", False, 40_001)], PUT)

    (row,) = sinks.totals(put).collect()
    assert row.asDict() == {
        "results": 2,
        "unknown_products": 1,
        "without_keys": 1,
        "events": 80_001,
    }


def test_no_candidate_is_zero_of_everything(spark: Any) -> None:
    assert set(sinks.totals(spark.createDataFrame([], PUT)).first()) == {0}


def test_candidates_without_keys_are_warned_about(
    spark: Any, glue: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sinks, "put_candidates", lambda rows: rows)
    batches = PriceBatches(glue, SimpleNamespace(), None, enrichment.by_key(glue, 50))

    batches._put(spark.createDataFrame([("tea", True, 40_001)], PUT))

    assert "1 candidates count more than 40000 events" in caplog.text
