"""Lists of observations: clicks and units by the price that was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def with_by_price(rows: DataFrame, column: str, listed: Column) -> DataFrame:
    """Adds `column`: the listed observations added up by price, ascending.

    Observations without a price are left out.
    """
    priced = F.filter(listed, lambda o: o["price_cents"].isNotNull())
    # Columns of their own, since an expression used twice inside a lambda is evaluated twice.
    each = rows.withColumn("_priced", priced).withColumn(
        "_prices",
        F.array_sort(F.array_distinct(F.transform("_priced", lambda o: o["price_cents"]))),
    )
    return each.withColumn(column, F.transform("_prices", _at)).drop("_priced", "_prices")


def _at(price: Column) -> Column:
    def total(field: str) -> Column:
        return F.aggregate(
            "_priced",
            F.lit(0).cast("bigint"),
            lambda sum_, o: sum_ + F.when(o["price_cents"] == price, o[field]).otherwise(0),
        ).alias(field)

    return F.struct(price.alias("price_cents"), total("clicks"), total("units"))
