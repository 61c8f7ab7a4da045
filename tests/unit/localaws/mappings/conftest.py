"""Builders of records and settings, and a lane driven without a clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from localaws.mappings.lane import Lane
from localaws.mappings.records import (
    Batch,
    Discard,
    Failed,
    Invoke,
    Outcome,
    StreamRecord,
    Succeeded,
    WaitUntil,
)
from localaws.mappings.settings import MappingSettings

Handler = Callable[[Sequence[str]], Outcome]


class Harness:
    """A lane, a clock that jumps to the next step, and a function whose calls are kept."""

    def __init__(self, settings: MappingSettings, handler: Handler) -> None:
        self.lane = Lane(settings)
        self.handler = handler
        self.now = 1_000.0
        self.calls: list[list[str]] = []
        self.times: list[float] = []
        self.discards: list[Discard] = []

    def add(self, *numbers: str, arrived_at: float | None = None) -> None:
        at = self.now if arrived_at is None else arrived_at
        for number in numbers:
            self.lane.add(record(number, arrived_at=at), self.now)

    def run(self, most_calls: int = 200) -> None:
        """Work until nothing is left to do, at most so many invocations."""
        while len(self.calls) < most_calls:
            step = self.lane.next(self.now)
            if step is None:
                return
            if isinstance(step, Invoke):
                self._invoke(step.batch)
            elif isinstance(step, Discard):
                self.discards.append(step)
            elif isinstance(step, WaitUntil):
                self.now = max(self.now, step.time)

    def discarded(self) -> list[list[str]]:
        return [[r.sequence_number for r in discard.batch.records] for discard in self.discards]

    def _invoke(self, batch: Batch) -> None:
        numbers = [r.sequence_number for r in batch.records]
        self.calls.append(numbers)
        self.times.append(self.now)
        discard = self.lane.answer(self.handler(numbers), self.now)
        if discard is not None:
            self.discards.append(discard)


def record(number: str, arrived_at: float = 1_000.0, size: int = 100) -> StreamRecord:
    return StreamRecord(number, "key", arrived_at, {"number": number}, size)


def succeed(_: Sequence[str]) -> Outcome:
    return Succeeded({})


def fail(_: Sequence[str]) -> Outcome:
    return Failed()


def report(*numbers: str) -> Outcome:
    return Succeeded({"batchItemFailures": [{"itemIdentifier": number} for number in numbers]})


def poisoned_by(*poison: str) -> Handler:
    """A function that fails whenever one of these records is in the batch."""
    return lambda numbers: Failed() if set(poison) & set(numbers) else Succeeded({})


BASE = MappingSettings(uuid="m", source_arn="arn:aws:dynamodb:r:a:table/t/stream/s")


def make(handler: Handler = succeed, **changes: object) -> Harness:
    return Harness(replace(BASE, **changes), handler)


@pytest.fixture
def kit() -> SimpleNamespace:
    """`kit.make(kit.poisoned_by("3"), batch_size=4)`: a harness; and the builders by name."""
    return SimpleNamespace(
        base=BASE,
        make=make,
        record=record,
        succeed=succeed,
        fail=fail,
        report=report,
        poisoned_by=poisoned_by,
    )
