"""A Kinesis that can do what the emulators cannot: reshard, trim, throttle, expire, fail."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pyspark_kinesis.transport import Answer

SERVER_TIME = 1_767_225_600.0  # 2026-01-01T00:00:00Z
_FIRST_SEQUENCE = 10**20


@dataclass
class FakeRecord:
    """A record as it lies in a shard."""

    sequence: int
    arrival: float
    key: str
    data: bytes


@dataclass
class FakeShard:
    """A shard; `trimmed` records have left it at its old end."""

    parents: tuple[str, ...] = ()
    records: list[FakeRecord] = field(default_factory=list)
    trimmed: int = 0
    closed: bool = False


class FakeKinesis:
    """A stream `orders` in memory; also a transport, and an HTTP endpoint through `serve`."""

    def __init__(self, shards: int = 1) -> None:
        self.shards = {f"shard-{n}": FakeShard() for n in range(shards)}
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.now = SERVER_TIME
        self.always_says_tip = False
        self._faults: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self._epoch = 0
        self._sequence = _FIRST_SEQUENCE
        self._lock = threading.RLock()

    # What a test does to the stream

    def put(self, shard_id: str, *payloads: bytes | str, key: str = "k") -> list[str]:
        """Append records; gives their sequence numbers."""
        with self._lock:
            found = []
            for payload in payloads:
                self._sequence += 1
                data = payload.encode() if isinstance(payload, str) else payload
                record = FakeRecord(self._sequence, self.now, key, data)
                self.shards[shard_id].records.append(record)
                found.append(str(self._sequence))
            return found

    def reshard(self, parents: tuple[str, ...], children: tuple[str, ...]) -> None:
        """Close `parents` and open `children`: a split or a merge."""
        with self._lock:
            for parent in parents:
                self.shards[parent].closed = True
            for child in children:
                self.shards[child] = FakeShard(parents)

    def trim(self, shard_id: str, count: int) -> None:
        """Let the oldest `count` records leave the shard."""
        with self._lock:
            self.shards[shard_id].trimmed += count

    def expire_iterators(self) -> None:
        """Make all iterators given out so far too old."""
        with self._lock:
            self._epoch += 1

    def fail(self, action: str, *codes: str, status: int = 400) -> None:
        """Answer the next calls of `action` with errors."""
        with self._lock:
            self._faults[action] += [(status, code) for code in codes]

    def payloads(self, shard_id: str) -> list[str]:
        """Everything that ever was in the shard."""
        return [record.data.decode() for record in self.shards[shard_id].records]

    def calls(self, action: str) -> list[dict[str, Any]]:
        """The requests of one kind, in order."""
        return [payload for name, payload in self.requests if name == action]

    # What a reader does

    def post(self, target: str, body: bytes) -> Answer:
        """Answer one request."""
        action, payload = target.rpartition(".")[2], json.loads(body)
        with self._lock:
            self.requests.append((action, payload))
            if self._faults[action]:
                status, code = self._faults[action].pop(0)
                return self._error(code, status)
            try:
                found = getattr(self, f"_{action.lower()}")(payload)
            except KeyError as error:
                return self._error("ResourceNotFoundException", 400, f"{error} not found")
            except LookupError:
                return self._error("ExpiredIteratorException", 400)
        return Answer(200, json.dumps(found).encode(), "", self.now)

    def close(self) -> None:
        """Nothing to close."""

    def _error(self, code: str, status: int, message: str = "as the test wants it") -> Answer:
        body = json.dumps({"__type": code, "message": message}).encode()
        return Answer(status, body, "", self.now)

    def _listshards(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Two shards a page, so that paging is always in play."""
        begin = int(payload.get("NextToken", 0))
        page = list(self.shards.items())[begin : begin + 2]
        found: dict[str, Any] = {"Shards": [_listed(key, shard) for key, shard in page]}
        if begin + 2 < len(self.shards):
            found["NextToken"] = str(begin + 2)
        return found

    def _getsharditerator(self, payload: dict[str, Any]) -> dict[str, Any]:
        shard = self.shards[payload["ShardId"]]
        kind = payload["ShardIteratorType"]
        index = len(shard.records) if kind == "LATEST" else shard.trimmed
        for record in shard.records[shard.trimmed :]:
            if _is_before(record, kind, payload):
                index += 1
        return {"ShardIterator": f"{self._epoch}|{payload['ShardId']}|{index}"}

    def _getrecords(self, payload: dict[str, Any]) -> dict[str, Any]:
        epoch, shard_id, index = payload["ShardIterator"].split("|")
        if int(epoch) < self._epoch:
            raise LookupError
        shard = self.shards[shard_id]
        begin = max(int(index), shard.trimmed)
        page = shard.records[begin : begin + payload["Limit"]]
        end = begin + len(page)
        at_end = end == len(shard.records)
        found: dict[str, Any] = {
            "Records": [_rendered(record) for record in page],
            "MillisBehindLatest": 0 if at_end or self.always_says_tip else 1_000,
        }
        if not (at_end and shard.closed):
            found["NextShardIterator"] = f"{self._epoch}|{shard_id}|{end}"
        return found

    @contextmanager
    def serve(self) -> Iterator[str]:
        """An HTTP endpoint on a free port of 127.0.0.1; gives its URL."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _is_before(record: FakeRecord, kind: str, payload: dict[str, Any]) -> bool:
    if kind == "AT_TIMESTAMP":
        return record.arrival < payload["Timestamp"]
    if kind == "AT_SEQUENCE_NUMBER":
        return record.sequence < int(payload["StartingSequenceNumber"])
    if kind == "AFTER_SEQUENCE_NUMBER":
        return record.sequence <= int(payload["StartingSequenceNumber"])
    return False


def _listed(shard_id: str, shard: FakeShard) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ShardId": shard_id,
        "SequenceNumberRange": {"StartingSequenceNumber": str(_FIRST_SEQUENCE)},
    }
    names = ("ParentShardId", "AdjacentParentShardId")
    found.update(zip(names, shard.parents, strict=False))
    if shard.closed:
        found["SequenceNumberRange"]["EndingSequenceNumber"] = str(10**21)
    return found


def _rendered(record: FakeRecord) -> dict[str, Any]:
    return {
        "SequenceNumber": str(record.sequence),
        "ApproximateArrivalTimestamp": record.arrival,
        "Data": b64encode(record.data).decode(),
        "PartitionKey": record.key,
    }


def _handler(kinesis: FakeKinesis) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = kinesis.post(self.headers["X-Amz-Target"], body)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(kinesis.now)

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    return Handler
