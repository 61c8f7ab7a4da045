"""A proxy between a job and the emulator, in which a test decides what becomes of each request."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HELD_SECONDS = 180.0
_ANSWER_SECONDS = 120.0
_NOT_FORWARDED = {"connection", "content-length", "date", "server", "transfer-encoding"}
_NOT_SENT_ON = {"connection", "content-length", "expect", "transfer-encoding"}


@dataclass(frozen=True)
class Request:
    """A request of the job."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def name(self) -> str:
        """`DynamoDB_20120810.PutItem`, `invocations`, or for S3 `PUT`."""
        target = self.headers.get("x-amz-target")
        return target or ("invocations" if self.path.endswith("/invocations") else self.method)

    def writes(self, table: str) -> bool:
        """Whether it puts an item into this table."""
        return self.name.endswith(".PutItem") and f'"{table}"'.encode() in self.body


@dataclass(frozen=True)
class Reply:
    """An answer to a request."""

    status: int
    headers: dict[str, str]
    body: bytes


Forward = Callable[[Request], Reply]
# What becomes of a request; None: the connection is closed without an answer.
Fault = Callable[[Request, Forward], Reply | None]


def no_fault(request: Request, forward: Forward) -> Reply:
    """Forwards."""
    return forward(request)


class Hold:
    """A fault: holds the `number`-th of the requests that `counts` names, and all after it.

    What is held has been sent and is never answered, as when a machine is lost.
    """

    def __init__(
        self, counts: Callable[[Request], bool], number: int, *, done: bool = False
    ) -> None:
        self.held: Request | None = None
        self._counts, self._left, self._done = counts, number, done
        self._lock = threading.Lock()
        self._holds, self._opened = threading.Event(), threading.Event()

    def __call__(self, request: Request, forward: Forward) -> Reply | None:
        """With `done`, the emulator has done what is asked before the answer is held."""
        if self._opened.is_set() or not self._is_held(request):
            return forward(request)
        if self._done:
            forward(request)
        self._holds.set()
        self._opened.wait(_HELD_SECONDS)
        return None

    def wait_until_it_holds(self) -> None:
        """Wait for the first request that is held.

        Raises:
            TimeoutError: none came.
        """
        if not self._holds.wait(_HELD_SECONDS):
            raise TimeoutError(f"{self._left} more requests were to come in {_HELD_SECONDS:g} s")

    @property
    def holds(self) -> bool:
        """Whether a request is held."""
        return self._holds.is_set()

    def open(self) -> None:
        """Drop what is held, and forward from now on."""
        self._opened.set()

    def _is_held(self, request: Request) -> bool:
        with self._lock:
            if self.held is None and self._counts(request):
                self._left -= 1
                self.held = None if self._left else request
            return self.held is not None


class Proxy:
    """Forwards to `target` what `fault`, which may be changed at any time, lets through."""

    def __init__(self, target: str) -> None:
        self.fault: Fault = no_fault
        self.url = ""
        self._host = urlsplit(target).netloc

    def forward(self, request: Request) -> Reply:
        """The emulator's answer."""
        connection = http.client.HTTPConnection(self._host, timeout=_ANSWER_SECONDS)
        sent = {k: v for k, v in request.headers.items() if k not in _NOT_SENT_ON}
        length = {"content-length": str(len(request.body))}
        try:
            connection.request(request.method, request.path, request.body, sent | length)
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()


def with_body(request: Request, body: bytes) -> Request:
    """The request with another body."""
    return replace(request, body=body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    proxy: Proxy

    def handle_expect_100(self) -> bool:
        expected = super().handle_expect_100()
        self.wfile.flush()
        return expected

    def handle_one(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        request = Request(self.command, self.path, headers, body)
        reply = self.proxy.fault(request, self.proxy.forward)
        if reply is None:
            self.close_connection = True
        else:
            self.answer(reply)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_one  # noqa: N815

    def answer(self, reply: Reply) -> None:
        self.send_response(reply.status)
        length = str(len(reply.body))
        for name, value in reply.headers.items():
            if name.lower() not in _NOT_FORWARDED:
                self.send_header(name, value)
            elif self.command == "HEAD" and name.lower() == "content-length":
                length = value
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None:
        """Nothing: tests read the emulator's log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Nothing: the client was killed."""


@contextmanager
def serving(proxy: Proxy) -> Iterator[Proxy]:
    """The proxy behind its `url`."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy}))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
