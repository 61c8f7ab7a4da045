"""Lists of observations: clicks and units by the price that was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


MAX_PRICES = 100  # of one list: an item of DynamoDB ends at 400 KB, whatever prices are sent


def with_by_price(rows: DataFrame, column: str, listed: Column) -> DataFrame:
    """Adds `column`: the listed observations added up by price, ascending.

    Observations without a price are left out; of more than `MAX_PRICES` prices, those seen least.
    """
    priced = F.filter(listed, lambda o: o["price_cents"].isNotNull())
    # Columns of their own, since an expression used twice inside a lambda is evaluated twice.
    each = rows.withColumn("_priced", priced).withColumn(
        "_prices",
        F.array_sort(F.array_distinct(F.transform("_priced", lambda o: o["price_cents"]))),
    )
    added = each.withColumn(column, F.transform("_prices", _at)).drop("_priced", "_prices")
    return added.withColumn(
        column, F.when(F.size(column) <= MAX_PRICES, F.col(column)).otherwise(_most_seen(column))
    )


def _most_seen(column: str) -> Column:
    ranked = F.transform(
        column, lambda o: F.struct((-o["clicks"] - o["units"]).alias("rank"), o.alias("seen"))
    )
    most = F.slice(F.array_sort(ranked), 1, MAX_PRICES)
    return F.array_sort(F.transform(most, lambda o: o["seen"]))


def _at(price: Column) -> Column:
    def total(field: str) -> Column:
        return F.aggregate(
            "_priced",
            F.lit(0).cast("bigint"),
            lambda sum_, o: sum_ + F.when(o["price_cents"] == price, o[field]).otherwise(0),
        ).alias(field)

    return F.struct(price.alias("price_cents"), total("clicks"), total("units"))
