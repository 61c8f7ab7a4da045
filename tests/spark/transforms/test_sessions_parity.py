"""The lab's SQL and the frames of the job: the same four columns of a stream in order."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from catalog.sessions import LAB_ROW
from tests.unit.transforms import lab_sql
from tests.unit.transforms.session_reference import Event
from transforms import sessions as S
from transforms.session_intake import Clock, Rules
from transforms.session_segments import NO_TIME
from transforms.sessionize import Mode

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from tests.spark.transforms.conftest import Records

LAB = Rules(gap=lab_sql.GAP_MS, max_length=lab_sql.DAY_MS, lateness=5_000)
BEGIN = 1_767_225_600_000 - 21_600_000  # six hours before the records of the fixture arrive
EVENTS, BATCHES = 3_000, 3


def traffic(*, one_device: bool) -> list[Event]:
    """Clicks of 30 users in the order of their times, some of them seconds apart, some minutes."""
    chance = random.Random(7)
    devices = ("phone", "desktop", "tablet")
    own = {f"user{number}": chance.choice(devices) for number in range(30)}
    found, at = [], BEGIN
    for number in range(1, EVENTS + 1):
        at += chance.choice((1, 20, 400, 1_000, 2_500, 10_000))  # one instant has one event
        user = chance.choice(list(own)[: 4 if number % 500 < 250 else 30])
        device = own[user] if one_device else chance.choice(devices)
        found.append(Event(user, at, key=number, number=number, device=device))
    return found


def payload(event: Event) -> dict[str, Any]:
    """The event as a record of the stream."""
    return {
        "user_id": event.user,
        "event_timestamp": event.at,
        "device_type": event.device,
        "event_id": f"e{event.key}",
    }


def given_by_the_job(events: Sequence[Event], mode: Mode, records: Records) -> Iterator[DataFrame]:
    """The session rows of each batch, the state carried from one to the next."""
    state, clock = None, NO_TIME
    for number in range(BATCHES):
        batch = events[number * EVENTS // BATCHES : (number + 1) * EVENTS // BATCHES]
        now = batch[-1].at
        outcome = S.sessionized(
            S.events(records(*map(payload, batch))),
            state,
            LAB,
            Clock(clock, now),
            mode,
            partitions=2,
            whole_from=0,
        ).localCheckpoint()
        outcome = outcome.select("outcome.*")
        found = S.totals(outcome).first()
        assert found is not None
        assert (found["late"], found["duplicate"]) == (0, 0)
        yield S.session_rows(outcome, mode)
        state, clock = S.state_of(outcome, number), now


@pytest.mark.parametrize("mode", ["lab", "lab_all"])
def test_the_rows_are_those_of_the_sql(records: Records, mode: Mode) -> None:
    """Devices change in mode lab alone: in rows inside a session the SQL named the row's own."""
    events = traffic(one_device=mode == "lab_all")
    wanted = lab_sql.rows(events)
    wanted = lab_sql.boundaries(wanted) if mode == "lab" else wanted
    assert EVENTS / 4 < len(wanted) <= EVENTS
    frames = given_by_the_job(events, mode, records)
    rows = [row for frame in frames for row in frame.select(*LAB_ROW.names).collect()]
    assert LAB_ROW.names == lab_sql.LabRow._fields
    assert Counter(map(tuple, rows)) == Counter(map(tuple, wanted))
