"""Lists of observations: clicks and units by the price that was shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

MAX_PRICES = 100  # of one list: an item of DynamoDB ends at 400 KB, whatever prices are sent


def by_price(observations: Column) -> Column:
    """The observations added up by price, ascending.

    Those without a price are left out; of more than `MAX_PRICES` prices, those seen least.
    """
    priced = F.filter(observations, lambda o: o["price_cents"].isNotNull())
    return let(let(priced, _added_up), _most_seen)


def let(value: Column, body: Callable[[Column], Column]) -> Column:
    """`body` of a value that is computed once.

    Written out twice inside a lambda, an expression is evaluated twice; as a column of its own, it
    costs one more analysis of the whole plan in each batch.
    """
    return F.get(F.transform(F.array(value), body), 0)


def _added_up(priced: Column) -> Column:
    prices = F.array_sort(F.array_distinct(F.transform(priced, lambda o: o["price_cents"])))
    return F.transform(prices, lambda price: _at(price, priced))


def _at(price: Column, priced: Column) -> Column:
    def total(field: str) -> Column:
        return F.aggregate(
            priced,
            F.lit(0).cast("bigint"),
            lambda sum_, o: sum_ + F.when(o["price_cents"] == price, o[field]).otherwise(0),
        ).alias(field)

    return F.struct(price.alias("price_cents"), total("clicks"), total("units"))


def _most_seen(observations: Column) -> Column:
    ranked = F.transform(
        observations, lambda o: F.struct((-o["clicks"] - o["units"]).alias("rank"), o.alias("seen"))
    )
    most = F.slice(F.array_sort(ranked), 1, MAX_PRICES)
    of_most = F.array_sort(F.transform(most, lambda o: o["seen"]))
    return F.when(F.size(observations) <= MAX_PRICES, observations).otherwise(of_most)
