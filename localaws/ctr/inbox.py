"""The messages that a cloud's mailbox has collected, read by as many as like to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from localaws.clients import Clients
from localaws.ctr.mailbox import wait_until_collected
from localaws.ctr.messages import Message
from localaws.state import StateFolder

_LOOK_SECONDS = 0.5


class Inbox:
    """The messages of a file, each given once; none while the file is not there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_to = 0

    def new(self) -> list[Message]:
        """The messages that were not given yet."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read_to)
                found = file.read()
        except FileNotFoundError:
            return []
        # A line may be in the file in part as yet.
        whole = found[: found.rfind(b"\n") + 1]
        self._read_to += len(whole)
        return [json.loads(line) for line in whole.splitlines()]


def tail_messages(state: StateFolder, *, follow: bool) -> Iterator[Message]:
    """Every message that was sent since the cloud started; with `follow` those to come too.

    Raises:
        LocalCloudError: none runs.
    """
    running = state.expect_running()
    pause = threading.Event()

    def goes_on() -> bool:
        pause.wait(_LOOK_SECONDS)
        now = state.running()
        return now is not None and now.run_id == running.run_id

    if not follow:
        wait_until_collected(Clients(running.endpoint))
    return messages_as_they_come(Inbox(state.alerts_file), goes_on if follow else lambda: False)


def messages_as_they_come(inbox: Inbox, goes_on: Callable[[], bool]) -> Iterator[Message]:
    """Each message once, as long as `goes_on()`, and then those that came meanwhile."""
    yield from inbox.new()
    going = True
    while going:
        going = goes_on()
        yield from inbox.new()
