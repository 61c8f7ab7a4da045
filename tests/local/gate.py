"""A gate in front of DynamoDB: it lets some requests of a kind through, and holds all after them.

What is held has been sent and is never answered, as when a machine is lost in the middle of its
work: a test knows exactly what was written by then.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HELD_SECONDS = 180.0
_NOT_FORWARDED = {"connection", "content-length", "date", "server", "transfer-encoding"}


class Gate:
    """Forwards to `target`; of `operation` on `table` only the first `through` requests."""

    def __init__(self, target: str, operation: str, table: str, through: int) -> None:
        self.host = urlsplit(target).netloc
        self._operation, self._table, self._left = operation, f'"{table}"'.encode(), through
        self._lock = threading.Lock()
        self._holds, self._opened = threading.Event(), threading.Event()

    def wait_until_it_holds(self) -> None:
        """Wait for the first request that is held.

        Raises:
            TimeoutError: none came.
        """
        if not self._holds.wait(_HELD_SECONDS):
            raise TimeoutError(f"no {self._operation} was held in {_HELD_SECONDS:g} s")

    def open(self) -> None:
        """Let everything through from now on; what was held is dropped."""
        self._opened.set()

    def passes(self, operation: str, body: bytes) -> bool:
        """Whether the request may go on; one that is held waits here until the gate is opened."""
        if self._opened.is_set() or operation != self._operation or self._table not in body:
            return True
        with self._lock:
            self._left -= 1
            if self._left >= 0:
                return True
        self._holds.set()
        self._opened.wait(_HELD_SECONDS)
        return False


@contextmanager
def serving(gate: Gate) -> Iterator[str]:
    """The URL of the gate while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            if not gate.passes(operation, body):
                self.close_connection = True
                return
            _forward(self, gate.host, body)

        def log_message(self, *_: object) -> None:
            """Nothing: tests read the emulator's log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        gate.open()
        server.shutdown()
        server.server_close()
        thread.join()


def _forward(handler: BaseHTTPRequestHandler, host: str, body: bytes) -> None:
    connection = http.client.HTTPConnection(host)
    try:
        connection.request("POST", handler.path, body, dict(handler.headers))
        answer = connection.getresponse()
        found = answer.read()
    finally:
        connection.close()
    handler.send_response(answer.status)
    for name, value in answer.getheaders():
        if name.lower() not in _NOT_FORWARDED:
            handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(found)))
    handler.end_headers()
    handler.wfile.write(found)
