"""Hostile events and a slow function: the table holds the sessions of the events that count."""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from catalog.operations import JOB_BATCHES, REJECTS
from catalog.sessions import SESSIONS
from catalog.streams import CLICKSTREAM
from glue_jobs.click_sessions import Options
from glue_jobs.lambda_destination import Destination
from glue_jobs.session_batch import LambdaSink, SessionBatches
from lambdas.session_writer.app import handle
from lambdas.session_writer.batch import Parts
from lambdas.session_writer.settings import Settings
from lambdas.session_writer.store import SessionStore
from tests.local.session_traffic import (
    HOUR,
    MINUTE,
    RULES,
    START,
    Sessions,
    by_the_book,
    in_the_table,
    record,
    traffic,
)
from tests.unit.glue_jobs.fake_lambda import FakeLambda, serving
from tests.unit.transforms.session_reference import Event

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

RAW = (
    "data binary, streamName string, partitionKey string, sequenceNumber string,"
    " approximateArrivalTimestamp timestamp"
)
DAY = 24 * HOUR
CLOCK = "the clock"
OPTIONS = {
    "gap": timedelta(milliseconds=RULES.gap),
    "max_length": timedelta(milliseconds=RULES.max_length),
    "allowed_lateness": timedelta(milliseconds=RULES.lateness),
}


class Writer(FakeLambda):
    """The real function on the emulator's table; it may be slow at first."""

    def __init__(self) -> None:
        super().__init__()
        self.slow = False
        self.tried_again = threading.Event()
        self._parts = Parts(
            settings=Settings(SESSIONS.name, timedelta(days=90)),
            store=SessionStore(boto3.client("dynamodb"), SESSIONS.name),
            logger=logging.getLogger("session_writer"),
        )

    def answer(self, request: dict[str, Any]) -> Any:
        context: Any = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
        answer = handle(request, context, self._parts)
        if request["records"][0]["lambdaDeliveryRecordMetadata"]["retryHint"]:
            self.tried_again.set()
        elif self.slow:
            assert self.tried_again.wait(60)
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
        names = ("counted", "rejected", "late", "undelivered")
        sums = {name: sum(int(item[name]) for item in items) for name in names}
        clocks = [key for key in in_the_table(self._tables.items(SESSIONS)) if key[0] == CLOCK]
        return sums | {"counted": sums["counted"] - len(clocks)}

    def reasons(self) -> Counter[str]:
        return Counter(item["reason"] for item in self._tables.items(REJECTS))


@pytest.fixture
def writer(spark: Any, cloud: str) -> Iterator[Writer]:
    """The function where the Python workers look for it."""
    environment = spark.sparkContext.environment
    with serving(Writer()) as running:
        environment["AWS_ENDPOINT_URL_LAMBDA"] = running.endpoint
        yield running
        del environment["AWS_ENDPOINT_URL_LAMBDA"]


@pytest.fixture
def job(spark: Any, glue: Any, tables: Any, writer: Writer, tmp_path: Path) -> Job:
    """The job at the start of its stream."""
    return Job(spark, glue, tables, tmp_path)


def counted(count: int, **others: int) -> dict[str, int]:
    return {"counted": count, "rejected": 0, "late": 0, "undelivered": 0} | others


HOSTILE = {
    "underscores": "_a__b_phone_00:00:00_",
    "quotes": "\"';--\\",
    "emoji": "👩‍👩‍👧 🇳🇿",
    "spaces": "  two  words\t\n",
    "1 KB": "k" * 1_024,
    "1 KB of emoji": "🦊" * 256,
    "control characters": "a\x00b\x7f",
    "number": "0012.50",
    "null": "null",
    "accents composed": "\u00e9",
    "accents combined": "e\u0301",
}


def test_user_ids_of_any_kind_are_kept_apart_and_as_they_are(job: Job) -> None:
    events = traffic(1, HOSTILE.values())
    half = len(events) // 2
    job.batch(events[:half])
    job.batch(events[half:])
    job.close(max(event.at for event in events))
    assert job.sessions() == by_the_book(events)
    assert job.counts() == counted(len(events))


def test_a_hundred_thousand_events_of_one_user_in_one_batch(job: Job) -> None:
    rng = random.Random(5)
    times = rng.sample(range(START, START + DAY), 100_000)
    bot = [Event("bot", at, key=at, device=rng.choice(["phone", "laptop"])) for at in times]
    bot.sort(key=lambda event: event.at + rng.uniform(0, 0.9 * RULES.lateness))
    others = traffic(2, ["ann", "bob"])
    job.batch([*others, *bot])
    job.close(START + DAY)
    assert job.sessions() == by_the_book([*others, *bot])
    assert job.counts() == counted(len(others) + len(bot))


def test_duplicates_in_the_same_batch_and_in_later_ones_count_once(job: Job) -> None:
    events = [Event("ann", START + n * MINUTE, key=n) for n in range(8)]
    job.batch([*events[:4], *events[:4], *events[1:3]])
    job.batch([*events[2:6], *events[:6]])
    job.batch([events[5], *events[6:], events[7]])
    job.close(events[-1].at)
    assert job.sessions() == by_the_book(events)
    assert job.counts() == counted(8, rejected=16)
    assert job.reasons() == {"duplicate": 16}


def test_events_in_any_order_within_the_lateness_cut_into_any_batches(job: Job) -> None:
    events = traffic(3, [f"u-{n}" for n in range(40)])
    cuts = sorted(random.Random(3).sample(range(1, len(events)), 5))
    for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True):
        job.batch(events[start:end])
    job.close(max(event.at for event in events))
    assert job.sessions() == by_the_book(events)
    assert job.counts() == counted(len(events))


@pytest.mark.parametrize(
    "jump", [pytest.param(20 * HOUR, id="ahead"), pytest.param(-9 * 365 * DAY, id="behind")]
)
def test_a_device_clock_that_jumps_for_a_while_touches_nobody_else(job: Job, jump: int) -> None:
    others = [Event(user, START + n * MINUTE, key=n) for n in range(12) for user in ("ann", "bob")]
    wild = [Event("wild", START + 5 * MINUTE + jump + n, key=100 + n) for n in range(3)]
    back = [Event("wild", START + 6 * MINUTE + n, key=200 + n) for n in range(2)]
    job.batch(others[:8])
    job.batch([*others[8:12], *wild], arrived=others[11].at)
    job.batch([*others[12:], *back], arrived=others[-1].at)
    late = back if jump > 0 else wild
    count = [event for event in [*others, *wild, *back] if event not in late]
    job.close(max(event.at for event in count))
    assert job.sessions() == by_the_book(count)
    assert job.counts() == counted(len(count), late=len(late))
    assert job.reasons() == {"late": len(late)}


def test_a_clock_that_was_years_behind_from_the_start_touches_nobody_else(job: Job) -> None:
    others = [Event("ann", START + n * MINUTE, key=n) for n in range(6)]
    wild = [Event("wild", START - 9 * 365 * DAY + n, key=100 + n) for n in range(3)]
    job.batch([*wild[:2], *others[:3]])
    job.batch([*others[3:], wild[2]])
    job.close(others[-1].at)
    assert {key: told for key, told in job.sessions().items() if key[0] == "ann"} == by_the_book(
        others
    )
    counts = job.counts()
    assert counts["counted"] + counts["late"] == len(others) + len(wild)
    assert counts["rejected"] == 0


def test_a_function_that_answers_too_late_gets_every_row_again_and_changes_nothing(
    job: Job, writer: Writer
) -> None:
    writer.slow, job.timeout_seconds = True, 1.0
    events = traffic(4, [f"u-{n}" for n in range(20)])
    job.batch(events)
    assert writer.tried_again.is_set()
    hints = Counter(
        each["lambdaDeliveryRecordMetadata"]["retryHint"]
        for request in writer.requests
        for each in request["records"]
    )
    assert hints[1] == hints[0] > 0
    writer.slow, job.timeout_seconds = False, 310.0
    job.close(max(event.at for event in events))
    assert job.sessions() == by_the_book(events)
    assert job.counts() == counted(len(events))
    assert job.reasons() == {}
