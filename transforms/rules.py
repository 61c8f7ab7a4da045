"""What a good event is: the rules on values, each with its reason and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pyspark.sql import functions as F

from catalog.columns import Schema
from catalog.streams import ACTIONS, BROWSER_ACTIONS, CLICKSTREAM, EVENT_TYPES, MAX_PRICE_CENTS

if TYPE_CHECKING:
    from pyspark.sql import Column

MAX_ID_BYTES = 1_024  # DynamoDB takes a sort key of 1,024 bytes
EARLIEST_EVENT_MS = 946_684_800_000  # 2000-01-01: a clock that was never set says 1970
DAY_MS = 86_400_000
_IDS = ("user_id", "product_id", "event_id")
_FOUND_CHARACTERS = 100


@dataclass(frozen=True)
class Mark:
    """How far the stream was read: the latest event time and the latest arrival, epoch ms."""

    event_at: int
    arrived_at: int

    def bound(self, allowed_ms: int) -> Bound:
        """What is late when an event may lie `allowed_ms` behind the mark."""
        return Bound(self.event_at - allowed_ms, self.arrived_at)


@dataclass(frozen=True)
class Bound:
    """An event is late when it lies before `earliest_ms` and arrived after `since_ms`.

    What had arrived by then was merely read later: shards that lag behind others are not late.
    """

    earliest_ms: int
    since_ms: int


@dataclass(frozen=True)
class Rule:
    """A rule of a record: `broken` is true when it is; a null means that it holds."""

    reason: str
    broken: Column
    detail: tuple[Column | str, ...]

    def problem(self) -> Column:
        """A struct of reason and detail when the rule is broken, else null."""
        return F.when(self.broken, because(self.reason, *self.detail))


def because(reason: str, *detail: Column | str) -> Column:
    """A struct of reason and detail; its parts are joined, those from outside cut."""
    parts = [
        F.lit(part) if isinstance(part, str) else F.substring(part, 1, _FOUND_CHARACTERS)
        for part in detail
    ]
    return F.struct(
        F.lit(reason).alias("reason"),
        F.concat_ws("", *(part.cast("string") for part in parts)).alias("detail"),
    )


@dataclass(frozen=True)
class Contract:
    """What good records of a stream are: `rules` of an event and its arrival, in their order.

    `keeps_rest`: of an event are kept the fields that the schema does not name, too.
    """

    schema: Schema
    rules: Callable[[Column, Column], list[Rule]]
    keeps_rest: bool = False


def click_rules(event: Column, arrived_at: Column) -> list[Rule]:
    """The rules on the fields of an event of `clickstream`."""
    return [
        *(_missing(event, name) for name in CLICKSTREAM.schema.required),
        *(_empty(event, name) for name in _IDS),
        *(_too_long(event[i], i) for i in _IDS),
        *_bounds(event),
        _out_of_range(event["event_timestamp"], arrived_at),
    ]


def action_rules(event: Column, arrived_at: Column) -> list[Rule]:
    """The rules on the fields of an event of `browser_actions`."""
    action = event["browseraction"]
    return [
        *(_missing(event, name) for name in BROWSER_ACTIONS.schema.required),
        _empty(event, "site"),
        _too_long(event["site"], "site"),
        _not_one_of("browseraction", action, ACTIONS),
        _out_of_range(event["event_timestamp"], arrived_at),
    ]


CLICKS: Final = Contract(CLICKSTREAM.schema, click_rules)
WHOLE_CLICKS: Final = Contract(CLICKSTREAM.schema, click_rules, keeps_rest=True)
BROWSER: Final = Contract(BROWSER_ACTIONS.schema, action_rules)


def late_rule(late: Bound) -> Rule:
    """The rule that a record, which holds a good event, is not late."""
    at = F.col("event_timestamp")
    return Rule(
        "late",
        (at < late.earliest_ms) & (F.col("arrived_at") > late.since_ms),
        ("event_timestamp ", at, f"; allowed is {late.earliest_ms} or later"),
    )


def _missing(event: Column, name: str) -> Rule:
    return Rule("missing_field", event[name].isNull(), (f"{name} is missing or null",))


def _empty(event: Column, name: str) -> Rule:
    return Rule("bad_value", event[name] == "", (f"{name} is empty",))


def _not_one_of(name: str, found: Column, allowed: tuple[str, ...]) -> Rule:
    detail = (f"{name} ", found, f"; allowed are {', '.join(allowed)}")
    return Rule("bad_value", ~found.isin(*allowed), detail)


def _out_of_range(at: Column, arrived_at: Column) -> Rule:
    latest = arrived_at + DAY_MS
    detail = ("event_timestamp ", at, f"; allowed from {EARLIEST_EVENT_MS} to ", latest)
    broken = (at < EARLIEST_EVENT_MS) | (at > latest)
    return Rule("timestamp_out_of_range", broken, detail)


def _too_long(found: Column, name: str) -> Rule:
    size = F.octet_length(found)
    detail = (f"{name} has ", size, f" bytes; allowed are {MAX_ID_BYTES}")
    return Rule("bad_value", size > MAX_ID_BYTES, detail)


def _bounds(event: Column) -> list[Rule]:
    kind, quantity, price = event["event_type"], event["quantity"], event["price_cents"]
    return [
        _not_one_of("event_type", kind, EVENT_TYPES),
        Rule("bad_value", quantity < 1, ("quantity ", quantity, "; allowed is 1 or more")),
        Rule(
            "bad_value",
            (price < 0) | (price > MAX_PRICE_CENTS),
            ("price_cents ", price, f"; allowed are 0 to {MAX_PRICE_CENTS}"),
        ),
    ]
