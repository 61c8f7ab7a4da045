"""Detectors as bytes: a kind, a checksum, numbers and a forest; damage is found, not read."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

_HEAD = struct.Struct("<4sI")
_COUNTS = struct.Struct("<II")


class StateError(ValueError):
    """Raised when bytes are not those that a detector of this kind stored."""


def pack(kind: str, whole: Sequence[int], real: Sequence[float], forest: bytes) -> bytes:
    """The state as bytes. `kind` is of four letters and names the layout of the numbers."""
    numbers = struct.pack(f"<{len(whole)}q{len(real)}d", *whole, *real)
    body = _COUNTS.pack(len(whole), len(real)) + numbers + forest
    return _HEAD.pack(kind.encode(), zlib.crc32(body)) + body


def unpack(kind: str, stored: bytes, whole: int, real: int) -> tuple[list[int], list[float], bytes]:
    """The whole numbers, real numbers and forest that `pack` was given, as many as are asked for.

    Raises:
        StateError: the bytes are of another kind or layout, cut short, or changed.
    """
    begin, layout = _HEAD.size + _COUNTS.size, struct.Struct(f"<{whole}q{real}d")
    if len(stored) < begin + layout.size:
        raise StateError(f"{len(stored)} bytes are no stored detector: cut short")
    found, checksum = _HEAD.unpack_from(stored)
    if found != kind.encode():
        raise StateError(f"a stored detector of the kind {found!r}; allowed is {kind.encode()!r}")
    if checksum != zlib.crc32(memoryview(stored)[_HEAD.size :]):
        raise StateError(f"{len(stored)} bytes are no stored detector: the checksum differs")
    if _COUNTS.unpack_from(stored, _HEAD.size) != (whole, real):
        raise StateError(f"a stored detector of the kind {kind!r} with other numbers in it")
    numbers = layout.unpack_from(stored, begin)
    return list(numbers[:whole]), list(numbers[whole:]), stored[begin + layout.size :]
