"""The sessions: the rows that leave the job, and the table that they end in."""

from catalog.columns import Column, Schema
from catalog.tables import DynamoTable

STATUSES = ("open", "closed", "withdrawn", "event")

LAB_ROW = Schema(
    (
        Column("user_id", "string", "who acted", required=True),
        Column(
            "session_id",
            "string",
            "`<user>_<device>_<HH:mm:ss>` of the session's first event, UTC; the device is"
            " `unknown` when none was sent. Not unique: it has no date",
            required=True,
        ),
        Column(
            "session_time",
            "string",
            "start of the session, HH:mm:ss UTC; null in a row of an event inside a session",
        ),
        Column(
            "latest_time",
            "string",
            "time of the event that the row speaks of, HH:mm:ss UTC: the session's first one, in"
            " a row of a closed session its last one",
            required=True,
        ),
    )
)

BOUNDARY_ROW = LAB_ROW.plus(
    Column(
        "started_at",
        "string",
        "start of the session, ISO-8601 UTC with milliseconds: with the user the session's key",
        required=True,
    ),
    Column(
        "revision",
        "bigint",
        "the higher one of two rows with the same key is true; grows with the arrival of the"
        " user's events",
        required=True,
    ),
    Column(
        "status",
        "string",
        "open; closed; withdrawn: no session starts there after all; event: inside a session",
        required=True,
    ),
)

EVENT_ROW = BOUNDARY_ROW.plus(
    Column("event_key", "string", "identity of the event, 16 hexadecimal digits", required=True)
)

SESSION_ROW = BOUNDARY_ROW.plus(
    Column("ended_at", "string", "last event, ISO-8601 UTC with milliseconds; null while open"),
    Column("events", "bigint", "events of the session; null while open"),
    Column("duration_ms", "bigint", "from first to last event, milliseconds; null while open"),
    Column("entry_page", "string", "event_name of the first event; null when not sent"),
    Column("exit_page", "string", "event_name of the last event; null while open or not sent"),
    Column(
        "device_changes", "bigint", "events on another device than the one before; null likewise"
    ),
    Column("purchases", "bigint", "purchase events; null while open"),
    Column("converted", "boolean", "whether there was a purchase; null while open"),
)

SESSIONS = DynamoTable(
    name="sessions",
    comment="One item a session of a user; a withdrawn one stays as a mark until it expires",
    hash_key="user_id",
    range_key="started_at",
    ttl="expires_at",
    schema=SESSION_ROW.plus(
        Column("expires_at", "bigint", "time to live, epoch seconds", required=True)
    ),
)
