"""A Kinesis endpoint on 127.0.0.1 that serves prepared answers, so that the reader is measured.

events -> shards by partition key -> GetRecords answers, rendered before the clock starts.
Knows ListShards, DescribeStreamSummary, GetShardIterator and GetRecords; nothing is ever added.

    python -m benchmarks.kinesis_loopback --events events.jsonl --key user_id --shards 4
prints its URL on standard output and serves until standard input is closed.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_HASHES: Final = 2**128
_FIRST_SEQUENCE: Final = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898
_ARRIVAL: Final = 1_767_225_600.0

Event = tuple[str, bytes]


@dataclass
class PreparedShard:
    """One shard: its records as JSON text, and whole answers by the index they start at."""

    shard_id: str
    page: int
    records: list[bytes] = field(default_factory=list)
    answers: dict[int, bytes] = field(default_factory=dict)

    def add(self, key: str, payload: bytes) -> None:
        """Append a record; sequence numbers count up, arrivals are a millisecond apart."""
        index = len(self.records)
        self.records.append(
            json.dumps(
                {
                    "SequenceNumber": str(_FIRST_SEQUENCE + index),
                    "ApproximateArrivalTimestamp": _ARRIVAL + index / 1000,
                    "Data": b64encode(payload).decode(),
                    "PartitionKey": key,
                },
                separators=(",", ":"),
            ).encode()
        )

    def render(self) -> None:
        """Prepare the answers that a reader from the start will ask for."""
        for start in range(0, len(self.records) + 1, self.page):
            self.answers[start] = self._rendered(start, self.page)

    def answer(self, start: int, limit: int) -> bytes:
        """The answer from index `start` on."""
        prepared = self.answers.get(start) if limit >= self.page else None
        return prepared if prepared is not None else self._rendered(start, min(limit, self.page))

    def _rendered(self, start: int, limit: int) -> bytes:
        end = min(start + limit, len(self.records))
        behind = 0 if end == len(self.records) else 60_000
        return b'{"Records":[%s],"NextShardIterator":"%s/%d","MillisBehindLatest":%d}' % (
            b",".join(self.records[start:end]),
            self.shard_id.encode(),
            end,
            behind,
        )


def prepare(events: Iterable[Event], shards: int, page: int = 10_000) -> list[PreparedShard]:
    """`events` spread over `shards` as Kinesis does: by the MD5 of the partition key."""
    prepared = [PreparedShard(f"shardId-{n:012d}", page) for n in range(shards)]
    for key, payload in events:
        digest = hashlib.md5(key.encode(), usedforsecurity=False).digest()
        prepared[int.from_bytes(digest) * shards // _HASHES].add(key, payload)
    for shard in prepared:
        shard.render()
    return prepared


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with just what a Kinesis reader sends."""

    def __init__(self, shards: list[PreparedShard]) -> None:
        self._shards = {shard.shard_id: shard for shard in shards}
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            length = int(_header(head, b"content-length") or 0)
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            action = _header(head, b"x-amz-target").rpartition(b".")[2].decode()
            self._send(self._reply(action, json.loads(body or b"{}")))

    def _send(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
        self._transport.writelines((head % len(body), body))

    def _reply(self, action: str, request: dict[str, Any]) -> bytes:
        if action == "getrecords":
            shard_id, _, start = request["ShardIterator"].rpartition("/")
            return self._shards[shard_id].answer(int(start), request.get("Limit", 10_000))
        if action == "getsharditerator":
            return json.dumps({"ShardIterator": self._iterator(request)}).encode()
        if action == "listshards":
            return json.dumps({"Shards": [_listed(key) for key in self._shards]}).encode()
        summary = {"StreamStatus": "ACTIVE", "OpenShardCount": len(self._shards)}
        return json.dumps({"StreamDescriptionSummary": summary}).encode()

    def _iterator(self, request: dict[str, Any]) -> str:
        shard = self._shards[request["ShardId"]]
        kind, start = request["ShardIteratorType"], 0
        if kind == "LATEST":
            start = len(shard.records)
        elif kind.endswith("SEQUENCE_NUMBER"):
            start = int(request["StartingSequenceNumber"]) - _FIRST_SEQUENCE
            start += kind.startswith("AFTER")
        return f"{shard.shard_id}/{start}"


def _header(head: bytes, name: bytes) -> bytes:
    return head.partition(b"\r\n" + name + b":")[2].partition(b"\r\n")[0].strip()


def _listed(shard_id: str) -> dict[str, Any]:
    return {
        "ShardId": shard_id,
        "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": str(_HASHES - 1)},
        "SequenceNumberRange": {"StartingSequenceNumber": str(_FIRST_SEQUENCE)},
    }


def synthetic_events(count: int, size: int, seed: int = 1) -> Iterator[Event]:
    """`count` payloads of `size` bytes for 500 users."""
    random_bytes = random.Random(seed)  # noqa: S311 - a benchmark's data
    for number in range(count):
        yield f"user-{number % 500}", random_bytes.randbytes(size)


def events_of(path: Path, key: str) -> Iterator[Event]:
    """The lines of a JSON Lines file, keyed by one of their fields."""
    with path.open("rb") as lines:
        for line in lines:
            payload = line.rstrip(b"\n")
            yield str(json.loads(payload)[key]), payload


async def _serve(shards: list[PreparedShard], port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(shards), "127.0.0.1", port)
    address = server.sockets[0].getsockname()
    print(f"http://127.0.0.1:{address[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    """Prepare, print the URL, serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=Path, help="JSON Lines; without it, synthetic payloads")
    parser.add_argument("--key", default="user_id", help="field that is the partition key")
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--page", type=int, default=10_000)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    events = (
        events_of(options.events, options.key)
        if options.events
        else synthetic_events(options.records, options.size)
    )
    asyncio.run(_serve(prepare(events, options.shards, options.page), options.port))


if __name__ == "__main__":
    main()
