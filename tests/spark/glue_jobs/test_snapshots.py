from typing import Any

import pytest

from catalog.price_loop import PRODUCTS
from catalog.registry import DATABASE
from glue_jobs.snapshots import Snapshot
from transforms.candidates import PRODUCT_FEATURES

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


def test_a_snapshot_is_read_anew_when_it_is_so_many_batches_old(glue: Any, tables: Any) -> None:
    snapshot = Snapshot(glue, DATABASE, PRODUCTS.name, PRODUCT_FEATURES, every=2)

    def prices(batch_id: int) -> list[int | None]:
        return [row.price_cents for row in snapshot.frame(batch_id).toDF().collect()]

    tables.put(PRODUCTS, {"product_id": "tea", "price_cents": 1, "colour": "green"})
    assert prices(7) == [1]
    tables.put(PRODUCTS, {"product_id": "tea", "price_cents": 2})
    assert prices(8) == [1]
    assert prices(9) == [2]


def test_a_snapshot_has_the_columns_of_its_schema_alone(glue: Any, tables: Any) -> None:
    tables.put(PRODUCTS, {"product_id": "tea", "colour": "green"})

    frame = Snapshot(glue, DATABASE, PRODUCTS.name, PRODUCT_FEATURES, every=1).frame(0).toDF()
    assert frame.columns == list(PRODUCT_FEATURES.names)


def test_an_empty_table_is_a_snapshot_of_no_rows(glue: Any, tables: Any) -> None:
    frame = Snapshot(glue, DATABASE, PRODUCTS.name, PRODUCT_FEATURES, every=1).frame(0).toDF()

    assert frame.collect() == []
