"""The tables that every job writes beside its result: what it read, and what it set aside."""

from catalog.columns import Column, Schema
from catalog.tables import DynamoTable

REJECTS = DynamoTable(
    name="rejects",
    comment="Records that a job could not use, with their position and the reason",
    hash_key="position",
    range_key="job",
    ttl="expires_at",
    schema=Schema(
        (
            Column(
                "position",
                "string",
                "`<stream>/<sequence number>`, or `<destination>/<record id>`",
                required=True,
            ),
            Column("job", "string", "job that set the record aside", required=True),
            Column("stream", "string", "name of the stream", required=True),
            Column("sequence_number", "string", "sequence number in the stream", required=True),
            Column("partition_key", "string", "partition key of the record", required=True),
            Column("arrived_at", "string", "arrival in the stream, ISO-8601 UTC", required=True),
            Column("reason", "string", "short code of the reason", required=True),
            Column("detail", "string", "what was found and what is allowed", required=True),
            Column(
                "payload",
                "string",
                "start of the record as text, at most 1,024 characters; the whole of a row that a"
                " destination did not take",
            ),
            Column("payload_bytes", "bigint", "size of the whole record, bytes", required=True),
            Column("expires_at", "bigint", "time to live, epoch seconds", required=True),
        )
    ),
)

JOB_BATCHES = DynamoTable(
    name="job_batches",
    comment="One item a finished micro-batch: what became of its records",
    hash_key="query_id",
    range_key="batch_id",
    schema=Schema(
        (
            Column("query_id", "string", "streaming query; new with a checkpoint", required=True),
            Column("batch_id", "bigint", "number of the micro-batch, from 0", required=True),
            Column("job", "string", "name of the job", required=True),
            Column("counted", "bigint", "events used", required=True),
            Column("rejected", "bigint", "records set aside, late ones apart", required=True),
            Column("late", "bigint", "events set aside as too late", required=True),
            Column("results", "bigint", "rows that the batch gave", required=True),
            Column(
                "unknown_products",
                "bigint",
                "of these, on unknown products; null of a job without products",
            ),
            Column(
                "read_units",
                "double",
                "DynamoDB read units of look-ups by key, without scans; null likewise",
            ),
            Column("closed", "bigint", "rows of closed sessions; null of a job without sessions"),
            Column("reopened", "bigint", "sessions told as closed that went on; null likewise"),
            Column("anomalies", "bigint", "rows of anomalies; null of a job that looks for none"),
            Column(
                "undelivered",
                "bigint",
                "rows that the destination did not take; null of a job without one",
            ),
            Column(
                "high_water_mark",
                "bigint",
                "event time that the stream has been read up to, epoch ms; null before the first"
                " event, and of a job to which none is late",
            ),
            Column("last_arrival_at", "bigint", "latest arrival up to here, epoch ms; likewise"),
        )
    ),
)
