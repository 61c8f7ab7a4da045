"""The lean client, against a loopback server that answers by script."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest
from gluelocal.awsjson import AwsCallError, Client, Target

THROTTLE = (400, {"__type": "com.amazonaws#ProvisionedThroughputExceededException"})
REFUSAL = (400, {"__type": "ValidationException", "message": "no such key"})
Answer = tuple[int, dict[str, str]]
Serve = Callable[..., tuple[str, list[tuple[dict[str, str], bytes]]]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers = []

    def start(*answers: Answer) -> tuple[str, list[tuple[dict[str, str], bytes]]]:
        left, seen = iter(answers), []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                seen.append((dict(self.headers), body))
                status, answer = next(left)
                data = orjson.dumps(answer)
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}", seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "000000000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")


def client(endpoint: str, pauses: list[float], tries: int = 4) -> Client:
    target = Target(
        "dynamodb", "DynamoDB_20120810", region="eu-west-1", endpoint=endpoint, tries=tries
    )
    return Client(target, sleep=pauses.append, jitter=lambda: 1.0)


def test_a_call_is_signed_and_names_its_operation(serve: Serve) -> None:
    endpoint, seen = serve((200, {"ok": "yes"}))
    assert client(endpoint, []).call("GetItem", {"a": 1}) == b'{"ok":"yes"}'
    ((headers, body),) = seen
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.GetItem"
    assert "/eu-west-1/dynamodb/aws4_request" in headers["Authorization"]
    assert body == b'{"a":1}'


def test_throttles_and_server_errors_are_tried_again_with_longer_pauses(serve: Serve) -> None:
    endpoint, seen = serve(THROTTLE, (500, {}), THROTTLE, (200, {}))
    pauses: list[float] = []
    client(endpoint, pauses).call("Scan", {})
    assert len(seen) == 4
    assert pauses == [0.05, 0.1, 0.2]


def test_a_refusal_is_not_tried_again(serve: Serve) -> None:
    endpoint, seen = serve(REFUSAL)
    with pytest.raises(AwsCallError, match="Scan: ValidationException: no such key"):
        client(endpoint, []).call("Scan", {})
    assert len(seen) == 1


def test_the_last_throttle_is_the_error(serve: Serve) -> None:
    endpoint, _ = serve(THROTTLE, THROTTLE)
    with pytest.raises(AwsCallError, match="ProvisionedThroughputExceededException"):
        client(endpoint, [], tries=2).call("Scan", {})


def test_a_host_that_does_not_answer_is_an_error_after_all_tries() -> None:
    pauses: list[float] = []
    with pytest.raises(AwsCallError, match="Scan: NewConnectionError"):
        client("http://127.0.0.1:1", pauses, tries=2).call("Scan", {})
    assert len(pauses) == 1
