"""The streams: what arrives."""

from catalog.columns import Column, Schema
from catalog.tables import Stream

MAX_PRICE_CENTS = 10**12
EVENT_TYPES = ("click", "purchase", "impression", "cart")
ACTIONS = ("Click", "Impression")

CLICKSTREAM = Stream(
    name="clickstream",
    comment="Shop events as JSON: one click, purchase, impression or cart addition a record",
    partition_key="user_id",
    schema=Schema(
        (
            Column("user_id", "string", "who acted; not empty", required=True),
            Column(
                "event_timestamp", "bigint", "event time, UTC epoch milliseconds", required=True
            ),
            Column("event_name", "string", "free name of the event; null when not sent"),
            Column("event_type", "string", f"one of {', '.join(EVENT_TYPES)}", required=True),
            Column("device_type", "string", "device of the user; null when not sent"),
            Column(
                "event_id",
                "string",
                "identity of the event: a record sent twice carries it twice; null when not sent",
            ),
            Column("product_id", "string", "product acted on; null for events without one"),
            Column("quantity", "int", "units bought, at least 1; null counts as 1"),
            Column(
                "price_cents",
                "bigint",
                f"price shown, minor units, 0 to {MAX_PRICE_CENTS}; null when not sent",
            ),
        )
    ),
)

BROWSER_ACTIONS = Stream(
    name="browser_actions",
    comment="What browsers did on a site, as JSON: one click or impression a record",
    partition_key="site",
    schema=Schema(
        (
            Column("browseraction", "string", f"one of {', '.join(ACTIONS)}", required=True),
            Column("site", "string", "where it happened; not empty", required=True),
            Column(
                "event_timestamp",
                "bigint",
                "event time, UTC epoch milliseconds; null when not sent: the arrival counts",
            ),
        )
    ),
)
