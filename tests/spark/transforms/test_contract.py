import pytest

from catalog.columns import Column, Schema
from transforms.contract import ContractError, conform

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

SCHEMA = Schema((Column("sku", "string", "id"), Column("price_cents", "bigint", "price")))


def test_columns_come_out_in_the_order_of_the_schema(spark):
    rows = spark.createDataFrame([(5, "a")], "price_cents bigint, sku string")

    assert conform(rows, SCHEMA, stage="quotes").columns == ["sku", "price_cents"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("price_cents bigint", r"quotes: missing columns \['sku'\]; got \['price_cents'\]"),
        (
            "sku string, price_cents bigint, colour string",
            r"quotes: unexpected columns \['colour'\]; allowed are \['sku', 'price_cents'\]",
        ),
        (
            "sku string, price_cents int",
            r"quotes: wrong types \(price_cents: int instead of bigint\)",
        ),
    ],
    ids=["missing", "unexpected", "type"],
)
def test_another_shape_is_an_error_that_names_the_stage(spark, columns, message):
    rows = spark.createDataFrame([], columns)

    with pytest.raises(ContractError, match=message):
        conform(rows, SCHEMA, stage="quotes")
