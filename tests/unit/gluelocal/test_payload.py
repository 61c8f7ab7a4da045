"""Bodies of stream records: decompression and the case of keys."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable

import pyarrow as pa
import pytest
from gluelocal.payload import decompressed, with_lower_case_keys

BODY = b'{"user_id": "u1", "n": 1}'


def snappy_framed(body: bytes) -> bytes:
    packed = pa.Codec("snappy").compress(body, asbytes=True)
    chunk = b"\0\0\0\0" + packed  # the checksum is not looked at
    return b"\xff\x06\x00\x00sNaPpY" + b"\x00" + len(chunk).to_bytes(3, "little") + chunk


def bodies(*values: bytes | None) -> pa.Array:
    return pa.array(values, pa.binary())


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, bz2.compress, lzma.compress, zlib.compress, snappy_framed],
    ids=["gzip", "bzip2", "xz", "deflate", "snappy"],
)
def test_packed_bodies_are_unpacked_beside_plain_ones(pack: Callable[[bytes], bytes]) -> None:
    found = decompressed(bodies(BODY, pack(BODY * 50), None))
    assert found.to_pylist() == [BODY, BODY * 50, None]


@pytest.mark.parametrize("broken", [b"\x1f\x8bno gzip", b"BZhno bzip2", b"x\x9cno zlib"])
def test_a_body_that_does_not_unpack_stays_as_it_is(broken: bytes) -> None:
    assert decompressed(bodies(broken)).to_pylist() == [broken]


def test_plain_bodies_are_handed_on_untouched() -> None:
    given = bodies(BODY, b"\xfe no text", None)
    assert decompressed(given) is given


def test_keys_with_capitals_are_lowered_at_every_level_and_values_are_not() -> None:
    found = with_lower_case_keys(bodies(b'{"UserId": "U1", "Items": [{"SKU": "A"}]}', BODY))
    assert found.to_pylist() == [b'{"userid":"U1","items":[{"sku":"A"}]}', BODY]


def test_broken_json_with_capital_keys_stays_as_it_is() -> None:
    assert with_lower_case_keys(bodies(b'{"UserId": ')).to_pylist() == [b'{"UserId": ']
