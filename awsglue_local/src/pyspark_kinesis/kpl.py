"""User records inside a record that the Kinesis Producer Library (KPL) packed.

Layout: 4 bytes of magic, a protobuf message AggregatedRecord, the MD5 of that message.
Records of partition keys that hash outside the shard are kept: dropping them, as the Kinesis
Client Library does, would lose what other producers pack across shards.
Source: awslabs/amazon-kinesis-producer, aggregation-format.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

MAGIC: Final = b"\xf3\x89\x9a\xc2"
_DIGEST: Final = 16
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_KEY_TABLE, _RECORD = 1, 3
_KEY_INDEX, _DATA = 1, 3


def user_records(data: bytes) -> list[tuple[str, bytes]] | None:
    """Partition key and payload of each user record in `data`; None when it is a plain record.

    What starts like an aggregate but has a wrong checksum or layout is a plain record too.
    """
    if not data.startswith(MAGIC) or len(data) < len(MAGIC) + _DIGEST:
        return None
    message, digest = data[len(MAGIC) : -_DIGEST], data[-_DIGEST:]
    if hashlib.md5(message, usedforsecurity=False).digest() != digest:
        return None
    try:
        return _unpack(message)
    except (ValueError, LookupError):
        return None


def _unpack(message: bytes) -> list[tuple[str, bytes]]:
    keys: list[str] = []
    packed: list[bytes] = []
    for number, value in _fields(message):
        if number == _KEY_TABLE and isinstance(value, bytes):
            keys.append(value.decode())
        elif number == _RECORD and isinstance(value, bytes):
            packed.append(value)
    return [_user_record(record, keys) for record in packed]


def _user_record(record: bytes, keys: list[str]) -> tuple[str, bytes]:
    found = dict(_fields(record))
    index, data = found[_KEY_INDEX], found.get(_DATA, b"")
    if not isinstance(index, int) or not isinstance(data, bytes):
        raise ValueError("wrong wire type")
    return keys[index], data


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field of a protobuf message."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        else:
            size = {_FIXED64: 8, _FIXED32: 4}.get(kind, -1)
        if size < 0 or at + size > len(message):
            raise ValueError("truncated or unknown field")
        yield tag >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
