"""The Lambda API on a loopback port: functions described and invoked, by hand."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class FakeLambda:
    """`answer(request, function)` answers an invocation: a document, or `refusal(...)`.

    `timeouts` has the functions that there are, each with its time-out in seconds.
    """

    def __init__(self) -> None:
        self.timeouts: dict[str, int] = {"session_writer": 60}
        self.requests: list[dict[str, Any]] = []
        self.refused: tuple[int, dict[str, str], bytes] | None = None
        self.awake = threading.Event()  # cleared, it answers no invocation
        self.awake.set()
        self.endpoint = ""
        self._lock = threading.Lock()

    def answer(self, request: dict[str, Any]) -> Any:
        """Takes every record."""
        return {
            "records": [
                {"recordId": each["recordId"], "result": "Ok"} for each in request["records"]
            ]
        }

    def invoked(self, request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        with self._lock:
            self.requests.append(request)
        self.awake.wait()
        return self.refused or (200, {}, json.dumps(self.answer(request)).encode())

    def described(self, function: str) -> tuple[int, dict[str, str], bytes]:
        if self.refused or function not in self.timeouts:
            return self.refused or refusal(404, "ResourceNotFoundException")
        arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function}"
        document = {
            "FunctionName": function,
            "FunctionArn": arn,
            "Timeout": self.timeouts[function],
        }
        return 200, {}, json.dumps(document).encode()


def refusal(status: int, code: str) -> tuple[int, dict[str, str], bytes]:
    """An error of the service."""
    document = json.dumps({"Type": "User", "Message": f"{code} happened"})
    return status, {"x-amzn-ErrorType": code}, document.encode()


def function_error(message: str) -> tuple[int, dict[str, str], bytes]:
    """An invocation whose function raised."""
    document = json.dumps({"errorType": "ValueError", "errorMessage": message})
    return 200, {"X-Amz-Function-Error": "Unhandled"}, document.encode()


@contextmanager
def serving(fake: FakeLambda) -> Iterator[FakeLambda]:
    """The fake behind its `endpoint`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/2015-03-31/functions/session_writer/invocations"
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.reply(*fake.invoked(request))

        def do_GET(self) -> None:
            self.reply(*fake.described(self.path.split("/")[3]))

        def reply(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *details: Any) -> None:
            """Say nothing."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *details: Any) -> None:
            """Say nothing: a client may have given up."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    fake.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
