"""A DynamoDB endpoint on 127.0.0.1 that takes every write and keeps none, so that the job is
measured and not an emulator.

Knows DescribeTable, of the tables of the catalog, BatchWriteItem and PutItem.
`python -m benchmarks.dynamodb_loopback` prints its URL and serves until its input is closed.
"""

from __future__ import annotations

import http.server
import json
import sys
import threading
from typing import Any

from catalog.registry import table


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer goes as one packet

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        action = self.headers["X-Amz-Target"].rpartition(".")[2]
        answer = json.dumps(_answer(action, body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def _answer(action: str, body: bytes) -> dict[str, Any]:
    if action == "BatchWriteItem":
        return {"UnprocessedItems": {}}
    if action == "PutItem":
        return {}
    if action == "DescribeTable":
        return {"Table": _described(json.loads(body)["TableName"])}
    raise ValueError(f"{action}: not known here")


def _described(name: str) -> dict[str, Any]:
    found = table(name)
    return {
        "TableName": name,
        "TableStatus": "ACTIVE",
        "KeySchema": found.key_schema(),
        "AttributeDefinitions": found.attribute_definitions(),
    }


def main() -> None:
    """Print the URL, serve."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
