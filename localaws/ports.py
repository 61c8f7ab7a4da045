"""Loopback ports that stay ours until the process that listens on them starts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from localaws.errors import LocalCloudError
from localaws.processes import Child

_ATTEMPTS = 4
_PAUSE_SECONDS = 0.5
_TAKEN = "address already in use"


class ReservedPort:
    """A loopback port that is bound, so that nobody else is given it, until it is released.

    Attributes:
        number: the port.
    """

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.number = int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """Where the process that gets the port will listen."""
        return f"http://127.0.0.1:{self.number}"

    @property
    def listener(self) -> socket.socket:
        """The bound socket, for a server in this process."""
        return self._socket

    def release(self) -> None:
        """Give the port free: call it just before its process starts."""
        self._socket.close()


def start_on_port(
    port: ReservedPort, start: Callable[[], Child], wait: Callable[[Child], None]
) -> Child:
    """Start what listens on the port and wait for it; again when the port was taken meanwhile.

    What does not answer is ended. The port stays the same, for others know it already.

    Raises:
        LocalCloudError: it ended for another reason, or the port stayed taken.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        port.release()
        child = start()
        try:
            wait(child)
        except LocalCloudError:
            if attempt == _ATTEMPTS or child.running or _TAKEN not in child.log_tail().lower():
                child.stop()  # one that does not answer would keep the port, and others' patience
                raise
            threading.Event().wait(_PAUSE_SECONDS)
        else:
            break
    return child
