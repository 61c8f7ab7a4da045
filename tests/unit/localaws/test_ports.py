"""What is started on a reserved port, and what becomes of it when it does not answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from localaws.errors import LocalCloudError
from localaws.ports import ReservedPort, start_on_port


@dataclass
class FakeChild:
    """A process that goes on, or ended with these last lines."""

    tail: str = ""
    stops: list[float] = field(default_factory=list)

    @property
    def running(self) -> bool:
        return not self.tail

    def log_tail(self) -> str:
        return self.tail

    def stop(self, patience: float = 10.0) -> None:
        self.stops.append(patience)


def test_what_does_not_answer_in_time_is_ended() -> None:
    child: Any = FakeChild()

    def wait(_: object) -> None:
        raise LocalCloudError("no answer after 30 s")

    with pytest.raises(LocalCloudError, match="no answer"):
        start_on_port(ReservedPort(), lambda: child, wait)
    assert len(child.stops) == 1


def test_a_port_that_was_taken_meanwhile_is_tried_again() -> None:
    children: list[Any] = [FakeChild("[Errno 98] Address already in use"), FakeChild()]
    started: list[Any] = []

    def start() -> Any:
        started.append(children[len(started)])
        return started[-1]

    def wait(child: Any) -> None:
        if child.tail:
            raise LocalCloudError("it ended")

    assert start_on_port(ReservedPort(), start, wait) is children[1]
    assert started == children
