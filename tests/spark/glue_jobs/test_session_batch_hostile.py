"""Hostile events and a slow function: the table holds the sessions of the events that count."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.session_traffic import HOUR, MINUTE, RULES, START, by_the_book, traffic
from tests.spark.glue_jobs.session_job import Job, Writer, counted
from tests.unit.glue_jobs.fake_lambda import serving
from tests.unit.transforms.session_reference import Event

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

DAY = 24 * HOUR


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
    assert job.reopened() == 0


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
    writer.slow, job.timeout_seconds = True, 2.0
    events = traffic(4, [f"u-{n}" for n in range(20)])
    job.batch(events)
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
