"""Lists of observations: clicks and units by the price that was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column


def by_price(observations: Column) -> Column:
    """The observations added up by price, ascending; those without a price are left out."""
    priced = F.filter(observations, lambda o: o["price_cents"].isNotNull())
    prices = F.array_sort(F.array_distinct(F.transform(priced, lambda o: o["price_cents"])))
    return F.transform(prices, lambda price: _at(priced, price))


def _at(observations: Column, price: Column) -> Column:
    here = F.filter(observations, lambda o: o["price_cents"] == price)

    def total(field: str) -> Column:
        return F.aggregate(here, F.lit(0).cast("bigint"), lambda total, o: total + o[field])

    return F.struct(
        price.alias("price_cents"), total("clicks").alias("clicks"), total("units").alias("units")
    )


def at_standing_price(shown: Column, standing: Column) -> Column:
    """Observations by price; what was sent without one counts at the price that stands."""
    return by_price(
        F.transform(
            shown,
            lambda o: F.struct(
                F.coalesce(o["price_cents"], standing).alias("price_cents"),
                o["clicks"].alias("clicks"),
                o["units"].alias("units"),
            ),
        )
    )
