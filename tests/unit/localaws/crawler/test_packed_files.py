"""Files in a compression, and archives."""

from __future__ import annotations

import bz2
import gzip
import io
import random
import zipfile
from typing import Any

import pyarrow as pa
import pytest

from tests.unit.localaws.crawler.test_classifiers import ORDERS, columns, of, written


@pytest.mark.parametrize(
    ("pack", "name"),
    [(gzip.compress, "gzip"), (bz2.compress, "bzip2")],
)
def test_compressed_files_are_classified_by_what_is_in_them(pack: Any, name: str) -> None:
    found = of(pack(ORDERS))
    assert (found.classification, found.compression) == ("csv", name)
    assert columns(found) == {"id": "string", "units": "bigint", "price": "double"}


@pytest.mark.parametrize(("files", "expected"), [(1, "csv"), (2, "UNKNOWN")])
def test_an_archive_of_one_file_is_classified(files: int, expected: str) -> None:
    def write(file: io.BytesIO) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            for n in range(files):
                archive.writestr(f"{n}.csv", ORDERS)

    assert of(written(write)).classification == expected


def zipped(data: bytes) -> bytes:
    def write(file: io.BytesIO) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("orders.csv", data)

    return written(write)


def lz4(data: bytes) -> bytes:
    buffer = pa.BufferOutputStream()
    with pa.CompressedOutputStream(buffer, "lz4") as stream:
        stream.write(data)
    return bytes(buffer.getvalue())


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lz4, zipped])
def test_a_packed_file_of_several_megabytes_is_classified(pack: Any) -> None:
    row = random.Random(1)
    rows = (f"{row.randbytes(40).hex()},{n},1.5\n" for n in range(50_000))
    packed = pack(b"id,units,price\n" + "".join(rows).encode())
    assert len(packed) > 2_000_000
    assert columns(of(packed)) == {"id": "string", "units": "bigint", "price": "double"}
