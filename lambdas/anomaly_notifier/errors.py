"""What goes wrong outside of a row; the row must be sent again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError


class StoreError(Exception):
    """Raised when DynamoDB did not answer or did not take something."""


class PublishError(Exception):
    """Raised when a message was not sent. `is_refused` when SNS takes others all the same."""

    def __init__(self, message: str, is_refused: bool = False) -> None:
        super().__init__(message)
        self.is_refused = is_refused


@contextmanager
def store_errors(table: str) -> Iterator[None]:
    """What DynamoDB raises, as a StoreError that names the table."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise StoreError(f"{table}: {error}") from error
