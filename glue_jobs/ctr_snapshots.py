"""What the detectors of sites know, stored by the tasks beside the checkpoint.

A task writes what a batch stores as one file, which the sites' state refers to by place.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from glue_jobs import blobs
from transforms.ctr_residents import Residents, StoredDetectors
from transforms.detectors.profiles import DetectorSettings, make

_CODEC = "zstd"


class Segment:
    """The file of one task: a reference is `<file>:<offset>:<length>:<length uncompressed>`."""

    def __init__(self, folder: str, name: str) -> None:
        self._folder = folder
        self._name = name
        self._content = bytearray()

    def add(self, stored: bytes) -> str:
        """Adds bytes to the file; the reference to them."""
        packed: bytes = pa.compress(stored, codec=_CODEC, asbytes=True)
        reference = f"{self._name}:{len(self._content)}:{len(packed)}:{len(stored)}"
        self._content += packed
        return reference

    def read(self, reference: str) -> bytes:
        """The bytes that a reference is of, of this file or an earlier one."""
        name, offset, length, whole = reference.split(":")
        packed = blobs.get(f"{self._folder}/{name}", int(offset), int(length))
        found: bytes = pa.decompress(packed, int(whole), codec=_CODEC, asbytes=True)
        return found

    def write(self) -> None:
        """Writes the file, if there is anything in it."""
        if self._content:
            blobs.put(f"{self._folder}/{self._name}", bytes(self._content))


@dataclass(frozen=True)
class OpenDetectors:
    """The detectors of a partition in a batch: `with opened(partition) as detectors`."""

    settings: DetectorSettings
    folder: str
    batch: int

    @contextmanager
    def __call__(self, partition: int) -> Iterator[StoredDetectors]:
        """The detectors; what they store is written when all went well."""
        # No other try of the task writes the same file: what it wrote may be referred to already.
        name = f"snapshots-{self.batch}-{partition}-{uuid.uuid4().hex[:12]}"
        segment = Segment(self.folder, name)
        makes = functools.partial(make, self.settings)
        yield StoredDetectors(makes, segment, _residents(self.folder, self.settings))
        segment.write()


@functools.lru_cache(maxsize=1)
def _residents(folder: str, settings: DetectorSettings) -> Residents:
    """What this process has in memory: Spark keeps its Python workers from batch to batch."""
    del folder, settings  # of another job or another profile there is nothing to find
    return Residents()
