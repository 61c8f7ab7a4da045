"""What can go wrong between a stream and a query."""

from __future__ import annotations

from collections.abc import Iterable


class KinesisError(Exception):
    """Base of all errors of this package."""


class KinesisOptionError(KinesisError, ValueError):
    """Raised when an option of the source has a value that it cannot have."""

    def __init__(self, option: str, found: object, allowed: str | Iterable[str]) -> None:
        self.option, self.found = option, found
        choices = allowed if isinstance(allowed, str) else ", ".join(allowed)
        super().__init__(f"kinesis: option '{option}' is {found!r}; allowed: {choices}.")


class KinesisRequestError(KinesisError):
    """Raised when the Kinesis API refuses a request, or stays out of reach after all retries."""

    def __init__(self, where: str, code: str, message: str, advice: str = "") -> None:
        self.code = code
        super().__init__(f"kinesis: {where}: {code}: {message}. {advice}".rstrip())


class ExpiredIteratorError(KinesisRequestError):
    """Raised when a shard iterator is too old; a new one continues from the last record read."""


class PositionGoneError(KinesisRequestError):
    """Raised when Kinesis does not know a stream, a shard or a position in it (any more)."""


class DataLossError(KinesisError):
    """Raised when records that belong to the query left the stream before they were read."""


class StoppedError(KinesisError):
    """Raised in a reader that is told to stop while it waits; never reaches the user."""
