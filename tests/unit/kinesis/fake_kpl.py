"""Packs records as the Kinesis Producer Library does."""

from __future__ import annotations

import hashlib

from pyspark_kinesis.kpl import MAGIC


def varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def field(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


def aggregate(*users: tuple[str, bytes], extra: bytes = b"") -> bytes:
    keys = list(dict.fromkeys(key for key, _ in users))
    message = b"".join(field(1, key.encode()) for key in keys) + extra
    for key, data in users:
        message += field(3, b"\x08" + varint(keys.index(key)) + field(3, data))
    return MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()
