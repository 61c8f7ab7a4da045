"""Whatever is killed, lost or answered wrongly: the table holds the sessions of the events sent."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from localaws.tables import count_items
from tests.local import lambda_faults as faults
from tests.local.job_loop import feed_until, is_work
from tests.local.lambda_faults import Misbehaving, Refusing
from tests.local.proxy import Hold, no_fault
from tests.local.session_loop import SessionLoop, session_loop
from tests.local.session_traffic import HOUR, START, traffic
from tests.unit.transforms.session_reference import Event

KILLS = 10
# A start of the job takes some 90 requests beside those to Kinesis, a batch some 110.
LAST_MOMENT = 300
PART = 25
DAY = 24 * HOUR


def test_a_job_killed_at_ten_random_moments_loses_nothing_and_counts_nothing_twice(
    tmp_path: Path,
) -> None:
    rng = random.Random(20_260)
    with session_loop(tmp_path) as loop:
        parts = _parts(traffic(1, _users("u", 150)))
        loop.start_job()
        for _ in range(KILLS):
            moment = Hold(is_work, rng.randint(1, LAST_MOMENT))
            loop.proxy.fault = moment
            feed_until(moment, loop, parts, loop.put)
            killed = loop.child
            loop.kill_when(moment)
            loop.restart_job(killed)
        for part in parts:
            loop.put(part)
        loop.settle()
        loop.close_sessions()
        _assert_all_is_told(loop)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionLoop]:
    """A loop that tells of closed sessions alone; its job is killed by the tests."""
    with session_loop(tmp_path_factory.mktemp("replayed"), mode="closed") as loop:
        yield loop


def test_a_batch_that_was_delivered_and_not_yet_said_is_replayed_without_a_trace(
    replayed: SessionLoop,
) -> None:
    loop = replayed
    loop.put(traffic(2, _users("a", 60)))
    hold = Hold(lambda request: request.writes("job_batches"), 1)
    loop.proxy.fault = hold
    loop.start_job()
    hold.wait_until_it_holds()
    delivered, killed = loop.rows(), loop.child
    assert delivered
    assert count_items(loop.clients, "job_batches") == 0

    loop.kill_when(hold)
    loop.restart_job(killed)
    loop.settle()
    assert loop.rows() == delivered
    assert loop.totals().batches == 1
    loop.close_sessions()
    _assert_all_is_told(loop)


def test_rows_whose_answer_was_lost_with_the_job_are_delivered_again_without_a_trace(
    replayed: SessionLoop,
) -> None:
    loop, before = replayed, len(replayed.rows())
    hold = Hold(lambda request: request.name == "invocations", 1, done=True)
    killed = loop.child
    loop.proxy.fault = hold
    loop.put(traffic(3, _users("b", 60), START + DAY))
    hold.wait_until_it_holds()
    delivered = loop.rows()
    assert len(delivered) > before
    loop.kill_when(hold)
    loop.restart_job(killed)
    loop.settle()
    assert [row for row in loop.rows() if row in delivered] == delivered
    loop.close_sessions()
    _assert_all_is_told(loop)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionLoop]:
    """A loop whose job runs; each test sends the events of other users a day later."""
    with session_loop(tmp_path_factory.mktemp("running")) as loop:
        loop.put(traffic(4, _users("first", 5)))
        loop.start_job()
        loop.settle()
        yield loop


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Misbehaving(faults.one_in_ten_fails, 3), id="one record in ten fails"),
        pytest.param(Misbehaving(faults.raises), id="the function raises"),
        pytest.param(
            Misbehaving(faults.refuses(500, "ServiceException"), 2), id="the service fails"
        ),
        pytest.param(
            Misbehaving(faults.refuses(429, "TooManyRequestsException"), 2), id="throttled"
        ),
        pytest.param(Misbehaving(faults.hangs_up), id="the answer is lost"),
        pytest.param(Misbehaving(faults.answers(faults.not_json)), id="not JSON"),
        pytest.param(Misbehaving(faults.answers(faults.no_records)), id="no records"),
        pytest.param(Misbehaving(faults.answers(faults.unknown_ids)), id="unknown ids"),
        pytest.param(Misbehaving(faults.answers(faults.missing_ids), 3), id="missing ids"),
        pytest.param(Misbehaving(faults.answers(faults.other_words)), id="other words"),
        pytest.param(Misbehaving(faults.answers(faults.both_words)), id="both words"),
    ],
)
def test_a_misbehaving_function_that_recovers_gets_every_row(
    running: SessionLoop, fault: Misbehaving
) -> None:
    running.proxy.fault = fault
    _put_another_day(running)
    assert fault.times > 0
    assert running.differences() == []


def test_after_all_that_misbehaviour_every_event_is_in_one_closed_session(
    running: SessionLoop,
) -> None:
    running.close_sessions()
    _assert_all_is_told(running)


def test_rows_that_are_refused_for_ever_are_set_aside_and_all_others_stand(
    running: SessionLoop,
) -> None:
    before = running.totals()
    running.proxy.fault = Refusing("refused")
    _put_another_day(running, "refused")
    assert running.differences("refused") == []
    undelivered = (running.totals() - before).undelivered
    assert undelivered > 0
    rejects = running.rejects()
    assert len(rejects) == undelivered
    assert {(r["stream"], r["reason"], r["partition_key"]) for r in rejects} == {
        ("session_writer", "delivery_failed", "refused")
    }


def test_events_sent_again_later_are_set_aside_and_count_once(running: SessionLoop) -> None:
    running.proxy.fault = no_fault
    events = _put_another_day(running)
    before = running.totals()
    running.put_again([*events, *events])
    running.settle()
    after = running.totals() - before
    assert (after.counted, after.rejected + after.late) == (0, 2 * len(events))
    assert after.rejected > 0
    running.close_sessions()
    assert running.sessions("refused") == running.expected("refused")


def _users(name: str, count: int) -> list[str]:
    return [f"{name}-{number}" for number in range(count)]


def _parts(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    return (events[start : start + PART] for start in range(0, len(events), PART))


def _put_another_day(loop: SessionLoop, *users: str) -> list[Event]:
    """Put the events of some users on a day of their own, and wait until they are told."""
    day = 1 + max(event.at for event in loop.events) // DAY
    events = traffic(day, [*_users(f"day-{day}", 8), *users], day * DAY)
    loop.put(events)
    loop.settle()
    return events


def _assert_all_is_told(loop: SessionLoop) -> None:
    """The table holds exactly the sessions of the events sent, all of them closed."""
    assert loop.sessions() == loop.expected()
    totals = loop.totals()
    found: dict[str, Any] = {"rejected": totals.rejected, "late": totals.late}
    assert found == {"rejected": 0, "late": 0}
    assert totals.counted == loop.sent == len(loop.events)
    assert totals.undelivered == 0
    assert loop.rejects() == []
