"""Whether a stream is drained, asked from outside."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark_kinesis import STATUS_DIRECTORY, is_drained, statuses

from tests.unit.kinesis.fake_kinesis import FakeKinesis

Start = Callable[..., Any]


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(STATUS_DIRECTORY, str(tmp_path))
    return tmp_path


def wait_for(condition: Callable[[], bool]) -> bool:
    """Whether the condition comes true within ten seconds."""
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_nothing_is_drained_while_no_query_has_planned() -> None:
    assert not is_drained(0.0)


def test_an_empty_stream_is_drained_once_its_tip_was_seen(
    start_query: Start,
) -> None:
    start_query().plan()
    assert is_drained(0.0)
    assert not is_drained(time.monotonic() + 60)
    assert wait_for(lambda: is_drained(time.monotonic() - 2))


def test_a_batch_counts_when_it_is_committed_or_known_as_processed(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.put("shard-0", "a")
    query = start_query()
    query.plan()
    assert not is_drained(0.0)
    assert is_drained(0.0, [json.dumps(query.offsets[-1], indent=1)])
    query.commit()
    assert is_drained(0.0)


def test_a_restart_with_nothing_new_is_drained_and_one_with_a_batch_to_replay_is_not(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.put("shard-0", "a")
    first = start_query()
    first.plan()
    first.planner.stop()
    again = start_query(list(first.offsets))
    again.plan()
    assert wait_for(lambda: is_drained(0.0))
    again.planner.stop()
    replaying = start_query(list(first.offsets))
    replaying.read(0)
    replaying.plan()
    assert not is_drained(0.0)
    replaying.commit()
    assert wait_for(lambda: is_drained(0.0))


def test_records_put_before_the_question_and_not_yet_read_are_not_overlooked(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    query = start_query()
    query.plan()
    assert is_drained(0.0)
    kinesis.put("shard-0", "a")
    asked = time.monotonic()
    assert wait_for(lambda: statuses()[0]["pending"] == 1)
    assert not is_drained(asked)
    query.plan()
    query.commit()
    assert wait_for(lambda: is_drained(asked))


def test_a_stream_with_records_left_behind_the_limit_is_not_drained(
    kinesis: FakeKinesis, start_query: Start
) -> None:
    kinesis.put("shard-0", *map(str, range(25)))
    query = start_query(maxFetchRecordsPerShard=10)
    query.plan()
    query.commit()
    assert not is_drained(0.0)


def test_a_stopped_or_killed_query_leaves_the_question_to_the_others(
    start_query: Start, directory: Path
) -> None:
    query = start_query()
    query.plan()
    status = statuses()[0]
    query.planner.stop()
    assert list(directory.iterdir()) == []
    (directory / "killed.json").write_text(json.dumps({**status, "pid": 2**22 + 1}))
    assert statuses() == []
    assert status["pid"] == os.getpid()
