"""One shard's loop with a scripted reader: filters, lanes by key, ends, and being caught up."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from localaws.mappings.filters import RecordFilter
from localaws.mappings.idle import is_idle
from localaws.mappings.records import Batch, Discard, Failed, Outcome, StreamRecord, Succeeded
from localaws.mappings.shard import ShardLoop

WAIT = 10.0


class ScriptedReader:
    """Gives one page a read, then the end of the shard."""

    def __init__(self, pages: Iterable[list[StreamRecord]]) -> None:
        self.pages = list(pages)

    def read(self) -> tuple[list[StreamRecord], bool]:
        page = self.pages.pop(0) if self.pages else []
        return page, not self.pages


def _finish(loop: ShardLoop) -> None:
    thread = threading.Thread(target=loop.run, args=(threading.Event(),), daemon=True)
    thread.start()
    thread.join(WAIT)
    assert loop.finished


def _loop(settings: Any, pages: Any, function: Any, discards: list[Discard]) -> ShardLoop:
    executor = ThreadPoolExecutor(4)
    return ShardLoop(
        settings, ScriptedReader(pages), function, discards.append, lambda: 1_000.0, executor
    )


def _numbers(batch: Batch) -> list[str]:
    return [record.sequence_number for record in batch.records]


def test_a_shard_is_read_to_its_end_and_is_then_finished(kit: SimpleNamespace) -> None:
    calls: list[list[str]] = []

    def function(batch: Batch) -> Outcome:
        calls.append(_numbers(batch))
        return Succeeded()

    pages = [[kit.record("1"), kit.record("2")], [], [kit.record("3")]]
    loop = _loop(kit.base, pages, function, [])
    _finish(loop)
    assert [number for call in calls for number in call] == ["1", "2", "3"]
    assert loop.pending == 0


def test_filtered_records_are_passed_over(kit: SimpleNamespace) -> None:
    calls: list[str] = []

    def function(batch: Batch) -> Outcome:
        calls.extend(_numbers(batch))
        return Succeeded()

    wanted = RecordFilter.from_criteria({"Filters": [{"Pattern": '{"number": ["2"]}'}]})
    pages = [[kit.record(number) for number in "123"]]
    _finish(_loop(replace(kit.base, filters=wanted), pages, function, []))
    assert calls == ["2"]


def test_records_given_up_are_handed_on(kit: SimpleNamespace) -> None:
    discards: list[Discard] = []
    settings = replace(kit.base, maximum_retries=0)
    loop = _loop(settings, [[kit.record("1"), kit.record("2")]], lambda _: Failed(), discards)
    _finish(loop)
    assert [_numbers(discard.batch) for discard in discards] == [["1", "2"]]
    assert loop.discarded == 2


def test_an_exception_of_the_call_itself_is_tried_again(kit: SimpleNamespace) -> None:
    answers = iter([ValueError("broken pipe"), Succeeded()])
    now = iter(range(1_000, 2_000))

    def function(_: Batch) -> Outcome:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    loop = ShardLoop(
        kit.base,
        ScriptedReader([[kit.record("1")]]),
        function,
        lambda _: None,
        lambda: float(next(now)),
        ThreadPoolExecutor(1),
    )
    _finish(loop)


def test_a_blocked_key_leaves_the_other_lanes_free_and_keeps_its_order(
    kit: SimpleNamespace,
) -> None:
    release, others_done = threading.Event(), threading.Event()
    calls: list[str] = []

    def function(batch: Batch) -> Outcome:
        keys = {record.key for record in batch.records}
        if "a" in keys:
            assert release.wait(WAIT)
        calls.extend(_numbers(batch))
        if "b3" in calls:
            others_done.set()
        return Succeeded()

    def record(key: str, number: str) -> StreamRecord:
        return replace(kit.record(f"{key}{number}"), key=key)

    # crc32 deals "a" and "b" to different lanes of four.
    pages = [[record(key, number) for number in "123" for key in "ab"]]
    settings = replace(kit.base, parallelization=4, batch_size=1)
    loop = _loop(settings, pages, function, [])
    thread = threading.Thread(target=loop.run, args=(threading.Event(),), daemon=True)
    thread.start()
    assert others_done.wait(WAIT)
    assert calls == ["b1", "b2", "b3"]
    release.set()
    thread.join(WAIT)
    assert calls[3:] == ["a1", "a2", "a3"]


@pytest.mark.parametrize(
    ("shard", "idle"),
    [
        ({"enabled": True, "pending": 0, "caught_up_at": 11.0}, True),
        ({"enabled": True, "pending": 1, "caught_up_at": 11.0}, False),
        ({"enabled": True, "pending": 0, "caught_up_at": 9.0}, False),
        ({"enabled": True, "pending": 0, "caught_up_at": None}, False),
        ({"enabled": False, "pending": 5, "caught_up_at": None}, True),
    ],
)
def test_mappings_are_idle_when_each_shard_was_empty_after_the_moment_asked_about(
    shard: dict[str, Any], idle: bool
) -> None:
    assert is_idle({"refreshed_at": 10.5, "shards": [shard]}, since=10.0) is idle


def test_mappings_are_not_idle_before_they_were_listed_again() -> None:
    assert not is_idle({"refreshed_at": 9.0, "shards": []}, since=10.0)
