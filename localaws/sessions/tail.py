"""Rows of sessions as they stand, looked at every second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from localaws.clients import Clients
from localaws.errors import LocalCloudError
from localaws.sessions.rows import Row, RowFeed, read_sessions
from localaws.state import StateFolder
from localaws.waiting import wait_until

_LOOK_SECONDS = 1.0
_ENDING_SECONDS = 15.0


def tail_cloud(state: StateFolder, *, follow: bool) -> Iterator[Row]:
    """The rows of the running cloud; with `follow` those to come too, until it ends.

    Of several revisions of a row between two looks the last alone is there to be found.

    Raises:
        LocalCloudError: none runs, or it does not answer.
    """
    clients = Clients(state.expect_running().endpoint)
    pause = threading.Event()

    def goes_on() -> bool:
        pause.wait(_LOOK_SECONDS)
        return state.running() is not None

    def read() -> list[Row]:
        try:
            return read_sessions(clients)
        except LocalCloudError as error:
            problem = str(error)
        # A cloud that is being ended does not answer some time before it is gone.
        wait_until(lambda: state.running() is None, _ENDING_SECONDS, lambda: problem)
        return []

    return rows_as_they_come(read, goes_on if follow else lambda: False)


def rows_as_they_come(read: Callable[[], list[Row]], goes_on: Callable[[], bool]) -> Iterator[Row]:
    """Each row, and again when a later look finds a newer revision, as long as `goes_on()`."""
    feed = RowFeed()
    yield from feed.new(read())
    while goes_on():
        yield from feed.new(read())
