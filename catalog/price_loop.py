"""The tables of the price loop: products, orders, candidates and the ledger."""

from catalog.columns import Column, Schema
from catalog.tables import DynamoTable, Index

OBSERVATIONS_TYPE = "array<struct<price_cents:bigint,clicks:bigint,units:bigint>>"

PRODUCTS = DynamoTable(
    name="products",
    comment="The product catalog: the price that stands, and the bounds it may move in",
    hash_key="product_id",
    schema=Schema(
        (
            Column("product_id", "string", "identity of the product", required=True),
            Column("name", "string", "name that shoppers see"),
            Column("category", "string", "category; null when unknown"),
            Column("price_cents", "bigint", "price that stands, minor units"),
            Column("list_price_cents", "bigint", "reference price of the price ladder"),
            Column("cost_cents", "bigint", "cost of one unit; a price never goes below it"),
            Column("min_price_cents", "bigint", "lowest price allowed; null for no floor"),
            Column("max_price_cents", "bigint", "highest price allowed; null for no ceiling"),
            Column("stock", "bigint", "units that can be sold; null when not counted"),
            Column("price_version", "bigint", "counts price changes alone; a sale leaves it"),
            Column(
                "price_updated_at",
                "string",
                "event time of the last price change, ISO-8601; null before the first",
            ),
        )
    ),
)

ORDERS = DynamoTable(
    name="orders",
    comment="What was bought, one item an order",
    hash_key="order_id",
    indexes=(Index("by_product", "product_id", "ordered_at"),),
    schema=Schema(
        (
            Column("order_id", "string", "identity of the order", required=True),
            Column("product_id", "string", "product bought", required=True),
            Column("ordered_at", "string", "time of the order, ISO-8601 UTC", required=True),
            Column("user_id", "string", "who bought"),
            Column("quantity", "bigint", "units bought"),
            Column("unit_price_cents", "bigint", "price paid for one unit, minor units"),
            Column("status", "string", "placed, shipped, returned or cancelled"),
        )
    ),
)

PRICE_CANDIDATES = DynamoTable(
    name="price_candidates",
    comment="One product in one window of one micro-batch: what happened, and what was known",
    hash_key="product_id",
    range_key="candidate_id",
    stream_view="NEW_AND_OLD_IMAGES",
    ttl="expires_at",
    schema=Schema(
        (
            Column("product_id", "string", "identity of the product", required=True),
            Column(
                "candidate_id",
                "string",
                "`<window_start>#<hash of the events counted>`: a pure function of the input,"
                " and sorted by window",
                required=True,
            ),
            Column("window_start", "string", "start of the window, ISO-8601 UTC", required=True),
            Column("window_end", "string", "end of the window, exclusive", required=True),
            Column("clicks", "bigint", "clicks counted", required=True),
            Column("purchases", "bigint", "purchase events counted", required=True),
            Column("units", "bigint", "units bought in those purchases", required=True),
            Column("users", "bigint", "distinct users among clicks and purchases", required=True),
            Column(
                "observations",
                OBSERVATIONS_TYPE,
                "clicks and units of this window by price shown, ascending price; an event"
                " without a price counts at the price that stands",
                required=True,
            ),
            Column(
                "evidence",
                OBSERVATIONS_TYPE,
                "observations of the product's earlier candidates added up by price",
                required=True,
            ),
            Column("recent_orders", "bigint", "orders in the horizon before the window"),
            Column("recent_units", "bigint", "units in those orders"),
            Column("known_product", "boolean", "whether `products` has the product", required=True),
            Column("price_cents", "bigint", "price that stood; null for an unknown product"),
            Column("price_version", "bigint", "version of that price; null likewise"),
            Column("list_price_cents", "bigint", "reference price; null likewise"),
            Column("cost_cents", "bigint", "cost of one unit; null likewise"),
            Column("min_price_cents", "bigint", "floor; null for none"),
            Column("max_price_cents", "bigint", "ceiling; null for none"),
            Column("stock", "bigint", "units left; null when not counted"),
            Column("category", "string", "category; null when unknown"),
            Column("first_event_at", "bigint", "earliest event counted, epoch ms", required=True),
            Column("last_event_at", "bigint", "latest event counted, epoch ms", required=True),
            Column("last_arrival_at", "bigint", "latest arrival counted, epoch ms", required=True),
            Column(
                "event_keys",
                "binary",
                "8-byte keys of the events counted, ascending and concatenated: a later batch"
                " recognises them; null when there were too many to keep",
            ),
            Column(
                "position_hash",
                "bigint",
                "hash of the stream positions of the events counted: tells a batch that is tried"
                " again from events that were sent again",
            ),
            Column("expires_at", "bigint", "time to live, epoch seconds", required=True),
        )
    ),
)

PRICE_CHANGES = DynamoTable(
    name="price_changes",
    comment="The ledger of prices, append-only: one item a candidate that moved a price",
    hash_key="product_id",
    range_key="candidate_id",
    schema=Schema(
        (
            Column("product_id", "string", "identity of the product", required=True),
            Column("candidate_id", "string", "candidate that caused the change", required=True),
            Column("old_price_cents", "bigint", "price before", required=True),
            Column("raw_price_cents", "double", "price the model asked for", required=True),
            Column("new_price_cents", "bigint", "price written", required=True),
            Column(
                "guardrails",
                "array<struct<name:string,from_cents:bigint,to_cents:bigint>>",
                "every guardrail that bound, in the order applied, with what it changed",
                required=True,
            ),
            Column("reason", "string", "why the price moved, for people", required=True),
            Column("model_version", "string", "version of the model that answered", required=True),
            Column("features", "string", "the candidate as the model saw it, JSON", required=True),
            Column("price_version", "bigint", "version of the new price", required=True),
            Column("effective_at", "string", "event time: end of the window", required=True),
            Column("committed_at", "string", "wall clock of the commit, ISO-8601", required=True),
        )
    ),
)
