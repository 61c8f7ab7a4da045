"""The beginning of a file, out of its compression, and its lines."""

from __future__ import annotations

import bz2
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa

# Glue reads the first megabyte of a text file to infer its schema.
SAMPLE_BYTES = 1_000_000
_MOST_ROWS = 1_000


@dataclass(frozen=True)
class Sample:
    """The beginning of a file.

    Attributes:
        data: out of its compression.
        whole: whether it is all of the file.
        compression: `gzip`, `bzip2`, `lz4`, `zip` or `none`.
    """

    data: bytes
    whole: bool = True
    compression: str = "none"

    @property
    def text(self) -> str | None:
        """The data as UTF-8 without a character that was cut off; None when it is no text."""
        cut = 0 if self.whole else 3
        for end in range(len(self.data), max(len(self.data) - cut, 0) - 1, -1):
            try:
                text = self.data[:end].decode("utf-8-sig")
            except UnicodeDecodeError:
                continue
            return None if "\x00" in text else text
        return None

    def lines(self) -> list[str]:
        """At most a thousand lines that are not empty; a last one that was cut off is left out."""
        found = (self.text or "").splitlines()
        if not self.whole and found:
            found = found[:-1]
        return [line for line in found if line.strip()][:_MOST_ROWS]


def sample_of(data: bytes, file: BinaryIO, *, whole: bool) -> Sample:
    """The sample that the first bytes of a file give; `whole` says that they are all of it.

    Archives say at their end what is in them, and blocks may be larger than the beginning: these
    are read from the file itself.
    """
    for magic, name, unpack in _PACKED:
        if data.startswith(magic):
            text, rest = unpack(data, file)
            return Sample(text, whole and not rest, name)
    return Sample(data[:SAMPLE_BYTES], whole and len(data) <= SAMPLE_BYTES)


def _gzip(data: bytes, _: BinaryIO) -> tuple[bytes, bool]:
    reader = zlib.decompressobj(wbits=31)
    text = reader.decompress(data, SAMPLE_BYTES)
    return text, bool(reader.unconsumed_tail or reader.unused_data)


def _bzip2(data: bytes, _: BinaryIO) -> tuple[bytes, bool]:
    reader = bz2.BZ2Decompressor()
    text = reader.decompress(data, SAMPLE_BYTES)
    return text, not reader.eof


def _lz4(_: bytes, file: BinaryIO) -> tuple[bytes, bool]:
    file.seek(0)
    with pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "lz4") as reader:
        text = reader.read(SAMPLE_BYTES + 1)
    return text[:SAMPLE_BYTES], len(text) > SAMPLE_BYTES


def _zip(_: bytes, file: BinaryIO) -> tuple[bytes, bool]:
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        if len(names) != 1:
            raise zipfile.BadZipFile(f"{len(names)} files; an archive of one can be classified")
        with archive.open(names[0]) as member:
            text = member.read(SAMPLE_BYTES + 1)
    return text[:SAMPLE_BYTES], len(text) > SAMPLE_BYTES


_PACKED: tuple[tuple[bytes, str, Callable[[bytes, BinaryIO], tuple[bytes, bool]]], ...] = (
    (b"\x1f\x8b", "gzip", _gzip),
    (b"BZh", "bzip2", _bzip2),
    (b"\x04\x22\x4d\x18", "lz4", _lz4),
    (b"PK\x03\x04", "zip", _zip),
)
UNPACK_ERRORS = (
    zlib.error,
    OSError,
    zipfile.BadZipFile,
    EOFError,
    pa.ArrowException,
    RuntimeError,
    NotImplementedError,  # an encrypted archive, and one of another method
)
