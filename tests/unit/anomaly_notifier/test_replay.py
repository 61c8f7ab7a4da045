"""Whatever fails, and however rows come again, tables and messages end as if nothing had."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from glue_jobs.destination_requests import Destination, Record, send_all
from lambdas.anomaly_notifier.app import handle
from tests.unit.anomaly_notifier.rows import anomaly, cleared

DESTINATION = Destination("anomaly_notifier", "arn:aws:glue:us-east-1:1:job/ctr_anomalies")
TIME = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
SITES = ("shop", "café ☕", "a#b")


def rows(seed: int) -> list[Record]:
    """An hour of three sites: stretches of anomalies, most of them cleared."""
    rng = random.Random(seed)
    found: list[tuple[float, dict[str, Any]]] = []
    for site in SITES:
        start = 0.0
        while start < 3600:
            for _ in range(rng.randrange(1, 6)):
                row = anomaly(start, site=site, severity=rng.choice([4.0, 7.0, 11.0, 30.0]))
                found.append((start + 10, row))
                start += 10
            last, end = start - 10, start + rng.choice([60, 300])
            if rng.random() < 0.8:
                found.append((end, cleared(last, end, site=site)))
            start = end + 10 * rng.randrange(1, 120)
    ordered = sorted(found, key=lambda each: each[0])
    return [
        Record(f"row-{number}", row["site"], 1_000 + number, json.dumps(row))
        for number, (_, row) in enumerate(ordered)
    ]


def deliver(world: Any, sent: list[Record], answer_of: Any = None) -> None:
    """Send the rows as the job does, until each is taken."""

    def invoke(request: bytes) -> bytes:
        world.wait(1)
        answer = json.dumps(handle(json.loads(request), TIME, world.parts)).encode()
        return answer_of(answer) if answer_of else answer

    few = Destination(DESTINATION.function, DESTINATION.application_arn, 20, attempts=300)
    settled = send_all(sent, few, invoke, lambda _: None)
    assert [failure for request in settled for _, failure in request] == [None] * len(sent)


def world_waits(world: Any) -> bool:
    return "pending" in {state for _, state in world.states()}


class Failing(list[Any]):
    """Errors without end, one in seven calls."""

    def __init__(self, rng: random.Random, error: Exception) -> None:
        super().__init__([None])
        self._rng = rng
        self._error = error

    def pop(self, *_: Any) -> Exception | None:
        return self._error if self._rng.random() < 0.15 else None


class EverySecond(list[Any]):
    """An error at every second call of a site's thread: one in a row, whatever others do."""

    def __init__(self, error: Exception) -> None:
        super().__init__([None])
        self._error = error
        self._calls: Counter[int] = Counter()

    def pop(self, *_: Any) -> Exception | None:
        thread = threading.get_ident()
        self._calls[thread] += 1
        return self._error if self._calls[thread] % 2 else None


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "environment",
    [{}, {"QUIET_HOURS": "09:45-10:30 UTC", "DAILY_CAP": "5"}],
    ids=["no limits", "quiet hours and a cap"],
)
def test_faults_change_neither_the_tables_nor_the_messages(
    make: SimpleNamespace, seed: int, environment: dict[str, str]
) -> None:
    undisturbed, disturbed = make.world(**environment), make.world(**environment)
    deliver(undisturbed, rows(seed))
    rng = random.Random(seed)
    tables = disturbed.dynamodb.faults
    operations = ["transact_write_items", "claim", "mark", "release"]
    operations += [f"query {table} {site}" for site in SITES for table in ("incidents", "alerts")]
    for name in operations:
        tables.before[name] = Failing(rng, make.throttled())
    for name in ("transact_write_items", "claim", "release"):  # taken, and the answer lost
        tables.after[name] = Failing(rng, make.throttled())
    tables.before["mark"] = EverySecond(make.throttled())
    for site in SITES:
        disturbed.sns.faults.before[f"publish {site}"] = Failing(rng, make.throttled())

    deliver(disturbed, rows(seed), lambda answer: answer if rng.random() < 0.8 else b"cut")
    tables.before["query by_state"] = []
    while world_waits(disturbed):
        disturbed.wait(60)
        disturbed.sweep()

    assert disturbed.tables() == undisturbed.tables()
    ids = [(each["site"], each["message_id"]) for each in disturbed.sns.published]
    assert Counter(ids) == Counter(
        (each["site"], each["message_id"]) for each in undisturbed.sns.published
    )
    assert {state for _, state in disturbed.states()} <= {"sent", "held"}
    for site in SITES:
        times = [each["at"] for each in disturbed.sns.published if each["site"] == site]
        assert times == sorted(times)


def test_rows_in_any_order_lose_no_anomaly_and_open_no_incident_twice(
    make: SimpleNamespace,
) -> None:
    for seed in range(10):
        world, sent = make.world(), rows(seed)
        random.Random(seed).shuffle(sent)
        deliver(world, sent + sent)
        windows = Counter(each["site"] for each in world.rows("anomalies"))
        for site in SITES:
            incidents = [each for each in world.rows("incidents") if each["site"] == site]
            assert sum(each["windows"] for each in incidents) == windows[site]
            opened = [
                each["incident_id"]
                for each in world.sns.published
                if each["kind"] == "opened" and each["site"] == site
            ]
            assert sorted(opened) == sorted(each["incident_id"] for each in incidents)
