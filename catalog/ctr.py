"""Click-through rates: the rows that leave the job, and the tables that alerts end in."""

from catalog.columns import Column, Schema
from catalog.tables import DynamoTable, Index

PROFILES = ("lab", "default")
SIDES = ("clicks", "impressions")
DIRECTIONS = ("up", "down")
STATUSES = ("anomaly", "cleared")
CLEARED_BECAUSE = ("usual", "silent", "unjudged")
INCIDENT_STATUSES = ("open", "resolved")
MESSAGE_KINDS = ("anomaly", "opened", "escalated", "resolved")
MESSAGE_STATES = ("pending", "sent", "held")

# What the lab's Lambda function reads of a row; all other columns keep their names.
LAB_KEYS = {"ctr_percent": "CTRPERCENT", "anomaly_score": "ANOMALY_SCORE"}

WINDOW_ROW = Schema(
    (
        Column("site", "string", "where the actions happened", required=True),
        Column(
            "window_start",
            "string",
            "start of the window, ISO-8601 UTC with milliseconds, aligned to the epoch",
            required=True,
        ),
        Column("window_end", "string", "end of the window, exclusive, likewise", required=True),
        Column("clicks", "bigint", "clicks counted", required=True),
        Column("impressions", "bigint", "impressions counted", required=True),
        Column(
            "ctr_percent",
            "double",
            "clicks / impressions x 100; null unless there were both",
        ),
        Column(
            "anomaly_score",
            "double",
            "Random Cut Forest score before the window is taken in, bits, from 0 to log2 of the"
            " sample size; 0 until the forest has its first sample, null of a window not scored",
        ),
        Column(
            "score_share",
            "double",
            "the score as a share of the highest that the forest could give then; null likewise",
        ),
        Column(
            "attribution_high",
            "double",
            "part of anomaly_score that says: higher than before; null likewise",
        ),
        Column("attribution_low", "double", "part of it that says: lower than before; likewise"),
        Column(
            "expected_percent",
            "double",
            "CTR expected; null in profile lab and before enough was seen",
        ),
        Column(
            "expected_low_percent",
            "double",
            "a CTR below it, of the scale in evidence_seconds, may be an anomaly; null likewise",
        ),
        Column(
            "expected_high_percent",
            "double",
            "a CTR above it, likewise, may be one; null where none could be",
        ),
        Column(
            "evidence",
            "double",
            "signed standard deviations by which the counts miss what is expected, of the scale"
            " where they miss it most; null likewise",
        ),
        Column(
            "evidence_seconds", "bigint", "that scale, seconds up to the window's end; likewise"
        ),
        Column("side", "string", "which count moved more: clicks or impressions; null likewise"),
        Column("direction", "string", "up or down: where the CTR moved; null when not scored"),
        Column("is_anomaly", "boolean", "whether the window is an anomaly", required=True),
    )
)

ANOMALY_ROW = WINDOW_ROW.plus(
    Column(
        "status",
        "string",
        "anomaly; cleared: no anomaly for long enough after those before, the window is that of the"
        " last one",
        required=True,
    ),
    Column(
        "severity",
        "double",
        "the higher, the worse: |evidence|, in profile lab anomaly_score",
        required=True,
    ),
    Column(
        "cleared_at",
        "string",
        "when the alarm ended, ISO-8601 UTC; null of an anomaly",
    ),
    Column(
        "cleared_because",
        "string",
        "usual: as usual again; silent: no action since; unjudged: actions, but too little is known"
        " to judge them, as after a step that stayed; null of an anomaly",
    ),
)

_EXPIRES = Column("expires_at", "bigint", "time to live, epoch seconds", required=True)

CTR_WINDOWS = DynamoTable(
    name="ctr_windows",
    comment="One item a site and window that had actions: counts, click-through rate and score",
    hash_key="site",
    range_key="window_start",
    ttl="expires_at",
    schema=WINDOW_ROW.plus(_EXPIRES),
)

ANOMALIES = DynamoTable(
    name="anomalies",
    comment="One item a window that was an anomaly, with the incident that it belongs to",
    hash_key="site",
    range_key="window_start",
    ttl="expires_at",
    schema=ANOMALY_ROW.plus(
        Column("incident_id", "string", "incident; null in profile lab"),
        _EXPIRES,
    ),
)

INCIDENTS = DynamoTable(
    name="incidents",
    comment="One item an incident of a site: anomalies that follow each other, told as one",
    hash_key="site",
    range_key="incident_id",
    ttl="expires_at",
    schema=Schema(
        (
            Column("site", "string", "where it happened", required=True),
            Column(
                "incident_id",
                "string",
                "start of the first anomalous window, ISO-8601 UTC with milliseconds",
                required=True,
            ),
            Column("status", "string", "open or resolved", required=True),
            Column(
                "unusual_since",
                "string",
                "start of the first anomalous window since the site was last as usual",
                required=True,
            ),
            Column("revision", "bigint", "grows with each write", required=True),
            Column("last_window_start", "string", "latest anomalous window", required=True),
            Column("last_window_end", "string", "its end", required=True),
            Column("resolved_at", "string", "when the alarm ended; null while open"),
            Column("windows", "bigint", "anomalous windows", required=True),
            Column("direction", "string", "up or down, at the peak", required=True),
            Column("side", "string", "which count moved more at the peak; null in profile lab"),
            Column("peak_severity", "double", "severity of the worst window", required=True),
            Column("peak_percent", "double", "CTR of that window"),
            Column("peak_window_start", "string", "that window", required=True),
            Column("expected_percent", "double", "CTR expected in that window"),
            Column(
                "told_severity",
                "double",
                "severity last told, 0 when that was the end; null before anything was",
            ),
            Column("told_at", "string", "event time of what was told last; likewise"),
            Column("messages", "bigint", "messages told of this incident", required=True),
            Column(
                "held",
                "bigint",
                "messages that quiet hours or the cap held back since the site was last told"
                " anything",
                required=True,
            ),
            _EXPIRES,
        )
    ),
)

ALERTS = DynamoTable(
    name="alerts",
    comment="One item a message: written with what it tells, then sent, so that none is lost",
    hash_key="site",
    range_key="message_id",
    indexes=(Index("by_state", "state", "at"),),
    ttl="expires_at",
    schema=Schema(
        (
            Column("site", "string", "what it is about", required=True),
            Column(
                "message_id",
                "string",
                "`<event time>#<kind>#<incident or window>`, of a row of the lab without a window"
                " `<recordId>#anomaly`: the same in a replay",
                required=True,
            ),
            Column("kind", "string", f"one of {', '.join(MESSAGE_KINDS)}", required=True),
            Column(
                "state",
                "string",
                "pending; sent; held: quiet hours or the cap kept it back",
                required=True,
            ),
            Column("at", "string", "event time of what it tells, ISO-8601 UTC", required=True),
            Column(
                "subject", "string", "subject of the email, at most 99 characters", required=True
            ),
            Column("text", "string", "text of the email", required=True),
            Column("sms", "string", "text of the SMS, at most 160 characters", required=True),
            Column("reason", "string", "why it was held; null otherwise"),
            Column("sns_message_id", "string", "what SNS answered; null until sent"),
            Column(
                "claimed_by",
                "string",
                "who holds the lease: a token of the invocation; null otherwise",
            ),
            Column(
                "claimed_until",
                "bigint",
                "end of the lease of the invocation that sends it, epoch ms; null otherwise",
            ),
            _EXPIRES,
        )
    ),
)
