"""Whatever is killed, lost or late: windows hold the actions sent, and incidents are told once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from localaws.tables import count_items
from tests.local.ctr_loop import Action, CtrLoop, burst, ctr_loop, traffic
from tests.local.job_loop import feed_until, is_work
from tests.local.proxy import Forward, Hold, Reply, Request, no_fault

KILLS = 6
LAST_MOMENT = 250  # requests of the job beside its polls; a start takes some 90
PART = 7  # windows
# What the default profile has to have seen before it says anything, and some more.
LEARNED = 70


def test_a_job_killed_at_random_moments_scores_and_tells_as_if_it_had_never_been(
    tmp_path: Path,
) -> None:
    rng = random.Random(20_261)
    with ctr_loop(tmp_path) as loop:
        parts = _parts()
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
        loop.close_windows()
        _assert_all_is_told(loop)
        assert loop.told() == {
            ("a", "opened"): 1,
            ("a", "resolved"): 1,
            ("b", "opened"): 2,
            ("b", "resolved"): 2,
        }


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CtrLoop]:
    """A loop whose job has seen enough of some sites; each test has one of its own."""
    with ctr_loop(tmp_path_factory.mktemp("learned")) as loop:
        loop.start_job()
        loop.put([a for site in "cdefg" for a in traffic(site, 0, LEARNED)])
        loop.settle()
        yield loop


def test_a_job_killed_between_score_and_write_gives_the_same_windows(learned: CtrLoop) -> None:
    """Its forests have taken the windows in, and nothing of it stands anywhere."""
    loop = learned
    hold = Hold(lambda request: "ctr_windows" in _table(request), 1)
    windows, killed = len(loop.windows()), loop.child
    loop.proxy.fault = hold
    loop.put([*burst("c", LEARNED), *traffic("c", LEARNED + 2, 12)])
    loop.kill_when(hold)
    assert len(loop.windows()) == windows

    loop.restart_job(killed)
    loop.settle()
    loop.close_windows()
    _assert_all_is_told(loop)
    assert loop.told()["c", "opened"] == loop.told()["c", "resolved"] == 1


def test_a_batch_that_was_told_and_not_yet_said_is_replayed_without_a_trace(
    learned: CtrLoop,
) -> None:
    loop = learned
    hold = Hold(lambda request: request.writes("job_batches"), 1)
    batches, killed = count_items(loop.clients, "job_batches"), loop.child
    loop.proxy.fault = hold
    begin = _next_window(loop)
    loop.put([*burst("d", begin), *traffic("d", begin + 2, 12)])
    hold.wait_until_it_holds()
    told = loop.told()
    assert count_items(loop.clients, "job_batches") == batches

    loop.kill_when(hold)
    loop.restart_job(killed)
    loop.settle()
    loop.close_windows()
    _assert_all_is_told(loop)
    assert loop.told()["d", "opened"] == loop.told()["d", "resolved"] == 1
    assert told - loop.told() == {}


def test_while_sns_fails_no_message_is_lost_and_none_is_told_twice(learned: CtrLoop) -> None:
    """It fails for longer than anybody tries: what waits goes with the sweep."""
    loop = learned
    fault = FailingTopic()
    loop.proxy.fault = fault
    _point_topic_at(loop, loop.proxy.url)
    begin = _next_window(loop)
    loop.put([*burst("e", begin), *traffic("e", begin + 2, 12)])
    loop.settle()
    loop.close_windows()
    _assert_all_is_told(loop)
    assert fault.failed > 0
    assert {kind for site, kind in loop.told() if site == "e"} == set()

    loop.proxy.fault = no_fault
    loop.sweep()
    assert loop.told()["e", "opened"] == loop.told()["e", "resolved"] == 1
    loop.sweep()
    assert loop.told()["e", "opened"] == loop.told()["e", "resolved"] == 1


def test_late_actions_are_set_aside_and_change_no_window(learned: CtrLoop) -> None:
    loop = learned
    before, windows = loop.totals(), loop.windows()
    late = traffic("f", LEARNED // 2, 2)
    loop.put_again(late)
    loop.settle()

    assert loop.windows() == windows
    after = loop.totals() - before
    assert (after.counted, after.late, after.rejected) == (0, len(late), 0)
    assert {reject["reason"] for reject in loop.rejects()} == {"late"}


def test_a_site_that_was_silent_for_an_hour_is_judged_as_before(learned: CtrLoop) -> None:
    """And so are windows with clicks alone, and with impressions alone."""
    loop = learned
    begin = _next_window(loop) + 360
    odd = [
        *(Action(a.at, "g", "Click") for a in traffic("g", begin + 3, 1)),
        *(Action(a.at, "g", "Impression") for a in traffic("g", begin + 4, 1)),
    ]
    loop.put([*traffic("g", begin, 3), *odd, *traffic("g", begin + 5, 12)])
    loop.settle()
    loop.close_windows()
    assert loop.differences() == []
    assert loop.anomalies() == loop.expected_anomalies()


class FailingTopic:
    """A fault: SNS takes no message.

    Attributes:
        failed: how many it did not take.
    """

    def __init__(self) -> None:
        self.failed = 0

    def __call__(self, request: Request, forward: Forward) -> Reply | None:
        if b"Action=Publish" not in request.body:
            return forward(request)
        self.failed += 1
        return Reply(500, {"Content-Type": "text/xml"}, _FAILURE)


_FAILURE = (
    b"<ErrorResponse><Error><Type>Receiver</Type><Code>InternalError</Code>"
    b"<Message>not now</Message></Error></ErrorResponse>"
)


def _point_topic_at(loop: CtrLoop, url: str) -> None:
    """Let the function reach SNS through the proxy."""
    functions = loop.clients["lambda"]
    found = functions.get_function_configuration(FunctionName="anomaly_notifier")
    variables = found["Environment"]["Variables"] | {"AWS_ENDPOINT_URL_SNS": url}
    functions.update_function_configuration(
        FunctionName="anomaly_notifier", Environment={"Variables": variables}
    )


def _parts() -> Iterator[list[Action]]:
    """Two sites side by side: one has a burst, one has two that are far apart."""
    sites = {
        "a": [*traffic("a", 0, LEARNED), *burst("a", LEARNED), *traffic("a", LEARNED + 2, 100)],
        "b": [
            *(*traffic("b", 0, LEARNED + 10), *burst("b", LEARNED + 10)),
            *(*traffic("b", LEARNED + 12, 76), *burst("b", LEARNED + 88)),
            *traffic("b", LEARNED + 90, 12),
        ],
    }
    whole = sorted(action for found in sites.values() for action in found)
    begin = whole[0].at
    for first in range(0, LEARNED + 102, PART):
        low, high = (begin + window * 10_000 for window in (first, first + PART))
        yield [action for action in whole if low <= action.at < high]


def _next_window(loop: CtrLoop) -> int:
    """The number of a window that is not read yet, and that is no neighbour of any before."""
    first, last = (pick(action.at for action in loop.actions) for pick in (min, max))
    return (last - first) // 10_000 + 24


def _table(request: Request) -> str:
    return request.body.decode(errors="replace") if "BatchWriteItem" in request.name else ""


def _assert_all_is_told(loop: CtrLoop) -> None:
    """Windows and scores to the last bit, each anomaly once, and nothing set aside."""
    assert loop.differences() == []
    assert loop.anomalies() == loop.expected_anomalies() != []
    totals = loop.totals()
    assert (totals.rejected, totals.late, totals.undelivered) == (0, 0, 0)
    assert totals.counted == loop.sent
