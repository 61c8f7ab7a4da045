"""The training as it is deployed: killed at every step of its way, and started again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from price_model.train import train

from tests.local.proxy import Hold
from tests.local.training_loop import CLICKS_A_DAY, DAYS, TrainingLoop, sold, training_loop


@pytest.fixture
def loop(tmp_path: Path, artefact: Path) -> Iterator[TrainingLoop]:
    with training_loop(tmp_path, artefact) as made:
        yield made


def puts(part: str, *, done: bool = False) -> Hold:
    """Holds the put of an object in S3 whose path has this part."""
    return Hold(lambda request: request.method == "PUT" and part in request.path, 1, done=done)


def asks(operation: str) -> Hold:
    """Holds the answer to a request of SageMaker that has been fulfilled by then."""
    return Hold(lambda request: request.name == f"SageMaker.{operation}", 1, done=True)


def test_a_training_that_is_killed_or_triggered_twice_ends_with_one_whole_model(
    loop: TrainingLoop,
) -> None:
    before, expected = loop.answering(), train(loop.learnt()).version
    # The first commit makes the table, the second is that of the observations.
    commit = puts("price_observations/_delta_log/00000000000000000001.json")
    loop.kill_at(loop.data, commit, loop.start)
    assert loop.observations() == (0, [])
    loop.kill_at(loop.models, asks("UpdateEndpoint"), loop.start)
    version, rows = loop.observations()
    assert len(rows) == len(DAYS) * 12
    assert {row["clicks"] for row in rows} == {CLICKS_A_DAY}
    assert sum(row["units"] for row in rows) == sum(sold(n, d)[1] for n in range(12) for d in DAYS)

    loop.train()
    assert loop.answering() == expected != before
    assert loop.champion()["version"] == expected
    found = loop.champion(), loop.observations(), loop.cloud.model
    assert found[1][0] == version
    loop.train()
    assert (loop.champion(), loop.observations(), loop.cloud.model) == found


def test_killed_at_any_request_a_release_leaves_a_whole_model_and_is_finished_by_the_next(
    loop: TrainingLoop,
) -> None:
    before, expected = loop.answering(), train(loop.learnt()).version
    for hold in (puts("/model.tar.gz"), puts("/decision.json", done=True)):
        loop.kill_at(loop.data, hold, loop.release)
        assert loop.answering() == before
    for operation in ("CreateModel", "CreateEndpointConfig"):
        loop.kill_at(loop.models, asks(operation), loop.release)
        assert loop.answering() == before
    loop.kill_at(loop.models, asks("UpdateEndpoint"), loop.release)
    assert loop.answering() in (before, expected)
    loop.kill_at(loop.data, puts("/champion.json"), loop.release)
    assert loop.answering() == expected

    last = loop.release()
    assert last.wait(60)
    assert last.process.returncode == 0, last.log_tail()
    assert loop.champion()["version"] == expected
