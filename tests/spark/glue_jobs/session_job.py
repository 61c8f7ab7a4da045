"""The session job's batch function with the real function behind its destination."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3

from catalog.operations import JOB_BATCHES, REJECTS
from catalog.sessions import SESSIONS
from catalog.streams import CLICKSTREAM
from glue_jobs.click_sessions import Options
from glue_jobs.lambda_destination import Destination
from glue_jobs.lambda_sink import LambdaSink
from glue_jobs.session_batch import SessionBatches
from lambdas.session_writer.app import handle
from lambdas.session_writer.batch import Parts
from lambdas.session_writer.settings import Settings
from lambdas.session_writer.store import SessionStore
from tests.local.session_traffic import RULES, Sessions, in_the_table, record
from tests.unit.glue_jobs.fake_lambda import FakeLambda
from tests.unit.transforms.session_reference import Event

RAW = (
    "data binary, streamName string, partitionKey string, sequenceNumber string,"
    " approximateArrivalTimestamp timestamp"
)
CLOCK = "the clock"
OPTIONS = {
    "gap": timedelta(milliseconds=RULES.gap),
    "max_length": timedelta(milliseconds=RULES.max_length),
    "allowed_lateness": timedelta(milliseconds=RULES.lateness),
}


def counted(count: int, **others: int) -> dict[str, int]:
    return {"counted": count, "rejected": 0, "late": 0, "undelivered": 0} | others


class Writer(FakeLambda):
    """The real function on the emulator's table.

    While it is `slow`, it answers a request no sooner than that is tried again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.slow = False
        self._tried_again: dict[str, threading.Event] = {}
        self._parts = Parts(
            settings=Settings(SESSIONS.name, timedelta(days=90)),
            store=SessionStore(boto3.client("dynamodb"), SESSIONS.name),
            logger=logging.getLogger("session_writer"),
        )

    def answer(self, request: dict[str, Any]) -> Any:
        context: Any = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
        answer = handle(request, context, self._parts)
        record = request["records"][0]
        tried_again = self._tried_again.setdefault(record["recordId"], threading.Event())
        if record["lambdaDeliveryRecordMetadata"]["retryHint"]:
            tried_again.set()
        elif self.slow:
            assert tried_again.wait(60)
        return answer


class Job:
    """The batch function with its tables."""

    def __init__(self, spark: Any, glue: Any, tables: Any, folder: Path) -> None:
        self._spark, self._glue, self._tables = spark, glue, tables
        self._options = Options("job", str(folder), "session_writer", **OPTIONS)
        self._batches = self._number = 0
        self.timeout_seconds = 310.0

    def batch(self, events: Sequence[Event], arrived: int | None = None) -> None:
        """One batch; the events arrive at the time of the latest, or when told."""
        arrived = arrived or max(event.at for event in events)
        at = datetime.fromtimestamp(arrived / 1_000, UTC)
        rows = []
        for event in events:
            self._number += 1
            put = record(event)
            rows.append((put.data, "clickstream", put.key, str(self._number), at))
        destination = Destination("session_writer", "arn", timeout_seconds=self.timeout_seconds)
        SessionBatches(
            self._glue,
            self._options,
            CLICKSTREAM.schema.struct_type(),
            LambdaSink(self._glue, destination, "job"),
            query_id=lambda _: "q",
        )(self._spark.createDataFrame(rows, RAW), self._batches)
        self._batches += 1

    def close(self, at: int) -> None:
        """Close what is open, by an event of another user long after `at`."""
        far = at + RULES.keep + 1
        self.batch([Event(CLOCK, far, key=far)])

    def sessions(self) -> Sessions:
        found = in_the_table(self._tables.items(SESSIONS))
        return {key: session for key, session in found.items() if key[0] != CLOCK}

    def counts(self) -> dict[str, int]:
        """Events counted and not, the clock's left out."""
        items = self._tables.items(JOB_BATCHES)
        sums = {name: sum(int(item[name]) for item in items) for name in counted(0)}
        clocks = [key for key in in_the_table(self._tables.items(SESSIONS)) if key[0] == CLOCK]
        return sums | {"counted": sums["counted"] - len(clocks)}

    def reopened(self) -> int:
        """Sessions that were told as closed too early."""
        return sum(int(item["reopened"]) for item in self._tables.items(JOB_BATCHES))

    def reasons(self) -> Counter[str]:
        return Counter(item["reason"] for item in self._tables.items(REJECTS))
