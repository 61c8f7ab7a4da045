"""Bodies of stream records: decompression, and keys in the case that the catalog has."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

_SNAPPY_HEADER: Final = b"\xff\x06\x00\x00sNaPpY"
# Of zlib's first two bytes the second makes them a multiple of 31, which no JSON text's are.
_MAGIC: Final[tuple[tuple[bytes, Callable[[bytes], bytes]], ...]] = (
    (b"\x1f\x8b", gzip.decompress),
    (b"BZh", bz2.decompress),
    (b"\xfd7zXZ\x00", lzma.decompress),
    (_SNAPPY_HEADER, lambda body: _unframe_snappy(body)),
    *((bytes([0x78, level]), zlib.decompress) for level in (0x01, 0x5E, 0x9C, 0xDA)),
)
_FIRST_BYTES: Final = pa.array(sorted({magic[:1] for magic, _ in _MAGIC}), pa.binary())
_KEY_WITH_CAPITAL: Final = r'"[^"\\]*[A-Z][^"\\]*"\s*:'


def decompressed(bodies: pa.Array) -> pa.Array:
    """`bodies` (binary) with those in gzip, bzip2, xz, zlib or framed snappy form unpacked.

    A body that does not unpack stays as it is: it is malformed, and the parser says so.
    Source: AWS Glue developer guide, "Auto-decompression for streaming ETL".
    """
    suspects = pc.is_in(pc.binary_slice(bodies, 0, 1), value_set=_FIRST_BYTES)
    return _rewrite(bodies, suspects, _unpack)


def with_lower_case_keys(bodies: pa.Array) -> pa.Array:
    """`bodies` with JSON keys in lower case, as the columns of the Data Catalog are."""
    suspects = pc.match_substring_regex(bodies, _KEY_WITH_CAPITAL)
    return _rewrite(bodies, suspects, _lower_keys)


def _rewrite(bodies: pa.Array, suspects: pa.Array, change: Callable[[bytes], bytes]) -> pa.Array:
    if not pc.any(suspects).as_py():
        return bodies
    changed = [
        change(body.as_py()) if suspect.as_py() else body.as_py()
        for body, suspect in zip(bodies, suspects, strict=True)
    ]
    return pa.array(changed, bodies.type)


def _unpack(body: bytes) -> bytes:
    for magic, unpack in _MAGIC:
        if body.startswith(magic):
            try:
                return unpack(body)
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, pa.ArrowException):
                return body
    return body


def _unframe_snappy(body: bytes) -> bytes:
    codec = pa.Codec("snappy")
    parts, position = [], len(_SNAPPY_HEADER)
    while position + 4 <= len(body):
        kind = body[position]
        length = int.from_bytes(body[position + 1 : position + 4], "little")
        chunk = body[position + 8 : position + 4 + length]  # a checksum stands before the data
        position += 4 + length
        if kind == 0:
            parts.append(codec.decompress(chunk, _snappy_size(chunk), asbytes=True))
        elif kind == 1:
            parts.append(chunk)
    return b"".join(parts)


def _snappy_size(chunk: bytes) -> int:
    size = 0
    for place, byte in enumerate(chunk[:5]):
        size |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            break
    return size


def _lower_keys(body: bytes) -> bytes:
    try:
        return orjson.dumps(_lowered(orjson.loads(body)))
    except orjson.JSONDecodeError:
        return body


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.lower(): _lowered(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_lowered(part) for part in value]
    return value
