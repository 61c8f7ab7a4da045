"""A job update while its stream runs: nothing is lost and nothing counts twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from localaws.deploy import deploy
from localaws.deployment.deploying import Deployment
from localaws.deployment.environments import load_environment
from localaws.deployment.opening import change_set_name
from localaws.deployment.template import TEMPLATE, load_template
from localaws.environment import ROOT
from localaws.errors import LocalCloudError
from localaws.rollout.rollout import Rollout, Standing
from localaws.rollout.runs import LocalRuns
from localaws.runs.record import RunRecord
from localaws.runs.store import RunStore
from localaws.state import HOME_VARIABLE
from localaws.tables import scan
from localaws.waiting import wait_until
from localaws.workloads import SESSIONS
from tests.local.session_loop import SessionLoop, session_loop
from tests.local.session_traffic import HOUR, START, traffic
from tests.unit.transforms.session_reference import Event

PATIENCE = 240.0
PART = 40
ENVIRONMENT = load_environment("local")


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionLoop]:
    """A loop whose job runs; each test sends the events of other users a day later."""
    with session_loop(tmp_path_factory.mktemp("rollout")) as made:
        made.put(traffic(1, _users("first", 2)))
        made.start_job()
        made.settle()
        yield made


def test_the_old_run_finishes_its_batch_and_the_new_one_goes_on_from_the_checkpoint(
    loop: SessionLoop,
) -> None:
    deployment = _deployment(loop, SessionWindow="2 seconds")
    proposal = deployment.propose(ROOT, change_set_name())
    assert SESSIONS in proposal.restarts
    deployment.execute(proposal, lambda _: None)
    before = _standing(loop)
    assert before.behind
    first, *rest = _parts(traffic(2, _users("a", 12), START + 24 * HOUR))
    loop.put(first)
    said: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        rollout = pool.submit(_rollout(loop).start, SESSIONS, PATIENCE, said.append)
        _wait_until_it_stops(loop, before)
        for part in rest:
            loop.put(part)
        run = rollout.result()
    loop.settle()
    after = _standing(loop)
    assert (run.version, after.behind) == (before.deployed, False)
    assert _record(loop, before).state == "STOPPED"
    assert said[0] == (
        f"click_sessions: run {_id(before)} finishes its batch; then {before.deployed} goes on"
    )
    _assert_one_query_told_all(loop)


def test_a_command_killed_in_the_middle_leaves_a_stream_that_goes_on(loop: SessionLoop) -> None:
    before = _standing(loop)
    loop.put(traffic(3, _users("b", 3), START + 48 * HOUR))
    command = [sys.executable, "-m", "localaws.cli", "rollout", "start", SESSIONS]
    environment = os.environ | {HOME_VARIABLE: str(loop.cloud.state.path)}
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        _wait_until_it_stops(loop, before)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    wait_until(lambda: _id(_standing(loop)) != _id(before), PATIENCE, lambda: "no run has followed")
    loop.put(traffic(4, _users("c", 3), START + 72 * HOUR))
    loop.settle()
    _assert_one_query_told_all(loop)


def test_a_definition_that_cannot_go_on_is_refused_and_one_forced_can_be_taken_back(
    loop: SessionLoop,
) -> None:
    with pytest.raises(LocalCloudError, match=r"SessionGap \(--gap\): found '300 seconds'; .*1800"):
        _deployment(loop, SessionGap="5 minutes").propose(ROOT, change_set_name())
    right = dict(_deployment(loop).stack.now().parameters)
    deploy(loop.clients, TEMPLATE, right | {"SessionGap": "5 minutes"})
    with pytest.raises(
        LocalCloudError, match=r"ended as FAILED: .*--gap: found '300 seconds'.*To go back: check"
    ):
        _rollout(loop).start(SESSIONS, PATIENCE, lambda _: None)
    deploy(loop.clients, TEMPLATE, right)
    loop.put(traffic(5, _users("d", 3), START + 96 * HOUR))
    loop.start_job()
    loop.settle()
    loop.close_sessions()
    _assert_one_query_told_all(loop)


def _wait_until_it_stops(loop: SessionLoop, before: Standing) -> None:
    """Wait until the run was asked to stop, at the least."""
    wait_until(
        lambda: _record(loop, before).state == "STOPPING" or _record(loop, before).ended,
        PATIENCE,
        lambda: "the rollout asked for nothing",
    )


def _assert_one_query_told_all(loop: SessionLoop) -> None:
    """The batches are of one checkpoint, without a gap, and the table is as it must be."""
    batches = list(scan(loop.clients, "job_batches"))
    assert len({batch["query_id"] for batch in batches}) == 1
    assert sorted(batch["batch_id"] for batch in batches) == list(range(len(batches)))
    assert loop.totals().accounted == loop.sent
    assert loop.differences() == []


def _deployment(loop: SessionLoop, **settings: str) -> Deployment:
    return Deployment(ENVIRONMENT, loop.clients, load_template(), settings)


def _rollout(loop: SessionLoop) -> Rollout:
    return Rollout(ENVIRONMENT, loop.clients, load_template(), LocalRuns(loop.cloud.state))


def _standing(loop: SessionLoop) -> Standing:
    (found,) = (each for each in _rollout(loop).standings() if each.job == SESSIONS)
    return found


def _id(standing: Standing) -> str:
    assert standing.run is not None
    return standing.run.run_id


def _record(loop: SessionLoop, standing: Standing) -> RunRecord:
    return RunStore(loop.cloud.state.runs).find(_id(standing))


def _users(name: str, count: int) -> list[str]:
    return [f"{name}{number}" for number in range(count)]


def _parts(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    for start in range(0, len(events), PART):
        yield events[start : start + PART]
