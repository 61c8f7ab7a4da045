"""What moves through a mapping: records, batches, and what became of an invocation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]


@dataclass(frozen=True)
class StreamRecord:
    """One record of a shard.

    Attributes:
        key: records of one key keep their order (item key or partition key).
        arrived_at: arrival in the stream, epoch seconds.
        event: the record as the function gets it.
        size: bytes of `event` as JSON.
    """

    sequence_number: str
    key: str
    arrived_at: float
    event: Mapping[str, Any]
    size: int


@dataclass(frozen=True)
class Succeeded:
    """The function returned; `payload` is what it returned."""

    payload: Any = None
    request_id: str = ""
    version: str = "$LATEST"


@dataclass(frozen=True)
class Failed:
    """The function ran and failed: `error` is the service's `FunctionError`."""

    error: str = "Unhandled"
    detail: str = ""
    request_id: str = ""
    version: str = "$LATEST"


@dataclass(frozen=True)
class NotReached:
    """Throttled, or a service error: the batch did not reach the function."""

    reason: str = ""


Outcome = Succeeded | Failed | NotReached


@dataclass(frozen=True)
class Batch:
    """Records sent together, and their past.

    Attributes:
        retries: retries used up of the quota; splits use up none.
        invocations: how often these records were sent.
        not_before: earliest time of the next invocation, epoch seconds.
        unreached: invocations in a row that did not reach the function.
        last: the latest answer of the function, None before the first.
    """

    records: tuple[StreamRecord, ...]
    retries: int = 0
    invocations: int = 0
    not_before: float = 0.0
    unreached: int = 0
    last: Succeeded | Failed | None = None


@dataclass(frozen=True)
class Invoke:
    """Send this batch to the function now."""

    batch: Batch


@dataclass(frozen=True)
class Discard:
    """Give this batch up: tell the on-failure destination, and move on."""

    batch: Batch
    condition: Condition


@dataclass(frozen=True)
class WaitUntil:
    """Nothing to do before this time, epoch seconds."""

    time: float


Step = Invoke | Discard | WaitUntil | None
