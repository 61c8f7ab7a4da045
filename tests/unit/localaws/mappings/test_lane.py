"""One shard's order of work, on a clock that jumps: batches, retries, splits, giving up."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localaws.mappings.lane import Lane, pause
from localaws.mappings.records import (
    Discard,
    Failed,
    Invoke,
    NotReached,
    StreamRecord,
    Succeeded,
    WaitUntil,
)
from localaws.mappings.settings import MappingSettings


def test_records_go_out_in_order_in_batches_of_the_batch_size(kit: SimpleNamespace) -> None:
    harness = kit.make(batch_size=2)
    harness.add("1", "2", "3", "4", "5")
    harness.run()
    assert harness.calls == [["1", "2"], ["3", "4"], ["5"]]


def test_without_a_window_what_is_there_goes_out_at_once(kit: SimpleNamespace) -> None:
    harness = kit.make(batch_size=100)
    harness.add("1")
    harness.run()
    assert (harness.calls, harness.now) == ([["1"]], 1_000.0)


def test_a_window_is_waited_out_from_the_first_record_on(kit: SimpleNamespace) -> None:
    harness = kit.make(batch_size=100, window=5.0)
    harness.add("1")
    harness.now += 2
    harness.add("2")
    assert harness.lane.next(harness.now) == WaitUntil(1_005.0)
    harness.run()
    assert (harness.calls, harness.times) == ([["1", "2"]], [1_005.0])


def test_a_full_batch_does_not_wait_for_its_window(kit: SimpleNamespace) -> None:
    harness = kit.make(batch_size=2, window=300.0)
    harness.add("1", "2", "3")
    harness.run()
    assert harness.times == [1_000.0, 1_300.0]


def test_a_closed_shard_is_flushed_without_its_window(kit: SimpleNamespace) -> None:
    harness = kit.make(window=300.0)
    harness.add("1")
    assert isinstance(harness.lane.next(harness.now, flush=True), Invoke)


def test_a_batch_stays_below_six_megabytes_and_is_then_full(kit: SimpleNamespace) -> None:
    harness = kit.make(window=300.0)
    for number in "123":
        harness.lane.add(kit.record(number, size=3_000_000), harness.now)
    harness.run()
    # Two fit in 6,291,456 bytes; the third waits for the window.
    assert (harness.calls, harness.times) == ([["1", "2"], ["3"]], [1_000.0, 1_300.0])


def test_one_record_above_the_limit_goes_alone(kit: SimpleNamespace) -> None:
    harness = kit.make()
    harness.lane.add(kit.record("1", size=7_000_000), harness.now)
    harness.add("2")
    harness.run()
    assert harness.calls == [["1"], ["2"]]


def test_a_failing_batch_blocks_those_behind_it_until_it_succeeds(kit: SimpleNamespace) -> None:
    answers = iter([Failed(), Failed(), Succeeded({}), Succeeded({})])
    harness = kit.make(lambda _: next(answers), batch_size=2)
    harness.add("1", "2", "3")
    harness.run()
    assert harness.calls == [["1", "2"], ["1", "2"], ["1", "2"], ["3"]]
    assert harness.discards == []


def test_without_a_limit_a_poison_record_is_retried_for_ever(kit: SimpleNamespace) -> None:
    harness = kit.make(kit.fail)
    harness.add("1")
    harness.run(most_calls=50)
    assert len(harness.calls) == 50
    assert harness.discards == []


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_after_its_retries_a_batch_is_given_up_and_the_next_goes_on(
    kit: SimpleNamespace, retries: int
) -> None:
    harness = kit.make(kit.poisoned_by("1"), batch_size=2, maximum_retries=retries)
    harness.add("1", "2", "3")
    harness.run()
    assert harness.calls == [["1", "2"]] * (retries + 1) + [["3"]]
    assert harness.discarded() == [["1", "2"]]
    assert harness.discards[0].condition == "RetryAttemptsExhausted"
    assert harness.discards[0].batch.invocations == retries + 1


def test_retries_wait_a_little_longer_each_time(kit: SimpleNamespace) -> None:
    harness = kit.make(kit.fail, maximum_retries=4)
    harness.add("1")
    harness.run()
    waits = [b - a for a, b in zip(harness.times, harness.times[1:], strict=False)]
    assert waits == pytest.approx([0.1, 0.2, 0.4, 0.8])


def test_the_wait_between_tries_has_an_upper_bound() -> None:
    assert pause(1) == pytest.approx(0.1)
    assert pause(10_000) == pytest.approx(5.0)


def test_calls_that_did_not_reach_the_function_use_up_no_retries(kit: SimpleNamespace) -> None:
    answers = iter([NotReached("throttled")] * 5 + [Failed(), Succeeded({})])
    harness = kit.make(lambda _: next(answers), maximum_retries=1)
    harness.add("1")
    harness.run()
    assert len(harness.calls) == 7
    assert harness.discards == []


def test_bisection_isolates_a_poison_record_and_delivers_the_rest(kit: SimpleNamespace) -> None:
    harness = kit.make(kit.poisoned_by("3"), bisect=True, maximum_retries=1)
    harness.add("1", "2", "3", "4")
    harness.run()
    assert harness.calls == [
        ["1", "2", "3", "4"],
        ["1", "2"],
        ["3", "4"],
        ["3"],
        ["3"],  # the one retry: the splits have used up none
        ["4"],
    ]
    assert harness.discarded() == [["3"]]


def test_bisection_without_retries_still_splits_down_to_the_record(kit: SimpleNamespace) -> None:
    harness = kit.make(kit.poisoned_by("2"), bisect=True, maximum_retries=0)
    harness.add("1", "2", "3")
    harness.run()
    assert harness.calls == [["1", "2", "3"], ["1", "2"], ["1"], ["2"], ["3"]]
    assert harness.discarded() == [["2"]]


def test_a_reported_failure_repeats_everything_from_it_on(kit: SimpleNamespace) -> None:
    answers = iter([kit.report("3"), Succeeded({})])
    harness = kit.make(lambda _: next(answers), report_failures=True)
    harness.add("1", "2", "3", "4")
    harness.run()
    assert harness.calls == [["1", "2", "3", "4"], ["3", "4"]]


def test_a_reported_failure_uses_up_a_retry(kit: SimpleNamespace) -> None:
    def handler(numbers: list[str]) -> Succeeded:
        return kit.report("2") if "2" in numbers else Succeeded({})

    harness = kit.make(handler, report_failures=True, maximum_retries=2)
    harness.add("1", "2", "3")
    harness.run()
    assert harness.calls == [["1", "2", "3"], ["2", "3"], ["2", "3"]]
    assert harness.discarded() == [["2", "3"]]
    assert harness.discards[0].batch.invocations == 3


def test_with_bisection_the_batch_is_split_at_the_reported_record(kit: SimpleNamespace) -> None:
    def handler(numbers: list[str]) -> Succeeded:
        return kit.report("3") if "3" in numbers else Succeeded({})

    harness = kit.make(handler, report_failures=True, bisect=True, maximum_retries=1)
    harness.add("1", "2", "3", "4", "5")
    harness.run()
    assert harness.calls == [
        ["1", "2", "3", "4", "5"],
        ["3", "4", "5"],
        ["3", "4"],
        ["3"],
        ["3"],
        ["4"],
        ["5"],
    ]
    assert harness.discarded() == [["3"]]


def test_records_too_old_are_given_up_before_they_are_sent(kit: SimpleNamespace) -> None:
    harness = kit.make(maximum_age=60.0)
    harness.add("1", "2", arrived_at=900.0)
    harness.add("3", arrived_at=990.0)
    harness.run()
    assert harness.calls == [["3"]]
    assert harness.discarded() == [["1", "2"]]
    assert harness.discards[0].condition == "RecordAgeExceeded"
    assert harness.discards[0].batch.invocations == 0


def test_a_failing_batch_is_given_up_when_it_grows_too_old(kit: SimpleNamespace) -> None:
    harness = kit.make(kit.poisoned_by("1"), maximum_age=60.0, batch_size=1)
    harness.add("1")
    harness.add("2", arrived_at=1_050.0)
    harness.run()
    assert harness.discarded() == [["1"]]
    assert harness.discards[0].condition == "RecordAgeExceeded"
    # 0.1 s doubled up to 5 s: the calls of the first minute.
    assert harness.discards[0].batch.invocations == len(harness.calls) - 1 == 17
    assert harness.calls[-1] == ["2"]


def test_nothing_is_sent_while_a_batch_is_out(kit: SimpleNamespace) -> None:
    harness = kit.make(batch_size=1)
    harness.add("1", "2")
    assert isinstance(harness.lane.next(harness.now), Invoke)
    assert harness.lane.next(harness.now) is None
    assert len(harness.lane) == 2


@given(
    poison=st.sets(st.integers(0, 19)),
    batch_size=st.integers(1, 20),
    retries=st.integers(0, 3),
    partial=st.booleans(),
)
def test_bisection_gives_up_exactly_the_poison_and_keeps_the_order(
    poison: set[int], batch_size: int, retries: int, partial: bool
) -> None:
    settings = replace(
        MappingSettings(),
        batch_size=batch_size,
        maximum_retries=retries,
        bisect=True,
        report_failures=partial,
    )
    lane, done, given_up, now = Lane(settings), [], [], 0.0
    for number in range(20):
        lane.add(StreamRecord(str(number), "k", 0.0, {}, 1), now)
    while (step := lane.next(now)) is not None:
        if isinstance(step, WaitUntil):
            now = step.time
            continue
        assert isinstance(step, Invoke)
        numbers = [int(record.sequence_number) for record in step.batch.records]
        bad = [number for number in numbers if number in poison]
        if not bad:
            done += numbers
            outcome: Succeeded | Failed = Succeeded(None)
        elif partial:
            done += numbers[: numbers.index(bad[0])]
            failures = [{"itemIdentifier": str(number)} for number in bad]
            outcome = Succeeded({"batchItemFailures": failures})
        else:
            outcome = Failed()
        discard = lane.answer(outcome, now)
        if isinstance(discard, Discard):
            given_up += [int(record.sequence_number) for record in discard.batch.records]
    assert given_up == sorted(poison)
    assert done == sorted(set(range(20)) - poison)
