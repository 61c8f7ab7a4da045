"""What the detectors of sites know, stored by the tasks beside the checkpoint.

A task writes what a batch stores as one file, which the sites' state refers to by place. A file
stays as long as anybody refers to it. So that a few silent sites do not keep it for the sake of all
others that were stored with them, a batch stores some of those in old files again.
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
_OLD = 64  # batches
_RENEWED = 16  # references that a task renews in a batch: each is a read


class Segment:
    """The file of one task: a reference is `<file>:<offset>:<length>:<length uncompressed>`.

    A file is `snapshots-<batch>-<partition>-<name of its own>`: no two tries of a task write the
    same, as what one wrote may be referred to already.
    """

    def __init__(self, folder: str, batch: int, partition: int) -> None:
        self._folder = folder
        self._batch = batch
        self._name = f"snapshots-{batch}-{partition}-{uuid.uuid4().hex[:12]}"
        self._content = bytearray()
        self._renewed = 0

    def add(self, stored: bytes) -> str:
        """Adds bytes to the file; the reference to them."""
        return self._add(pa.compress(stored, codec=_CODEC, asbytes=True), len(stored))

    def read(self, reference: str) -> bytes:
        """The bytes that a reference is of.

        Raises:
            OSError: the file is not there, or shorter.
        """
        packed, whole = self._get(reference)
        found: bytes = pa.decompress(packed, whole, codec=_CODEC, asbytes=True)
        return found

    def renewed(self, reference: str) -> str:
        """A reference to the same bytes: the same one, or one to this file where theirs is old."""
        age = self._batch - int(reference.split("-")[1])
        if age < _OLD or self._renewed == _RENEWED:
            return reference
        self._renewed += 1
        return self._add(*self._get(reference))

    def write(self) -> None:
        """Writes the file, if there is anything in it."""
        if self._content:
            blobs.put(f"{self._folder}/{self._name}", bytes(self._content))

    def _add(self, packed: bytes, whole: int) -> str:
        reference = f"{self._name}:{len(self._content)}:{len(packed)}:{whole}"
        self._content += packed
        return reference

    def _get(self, reference: str) -> tuple[bytes, int]:
        name, offset, length, whole = reference.split(":")
        return blobs.get(f"{self._folder}/{name}", int(offset), int(length)), int(whole)


@dataclass(frozen=True)
class OpenDetectors:
    """The detectors of a partition in a batch: `with opened(partition) as detectors`."""

    settings: DetectorSettings
    folder: str
    batch: int

    @contextmanager
    def __call__(self, partition: int) -> Iterator[StoredDetectors]:
        """The detectors; what they store is written when all went well."""
        segment = Segment(self.folder, self.batch, partition)
        makes = functools.partial(make, self.settings)
        yield StoredDetectors(makes, segment, _residents(self.folder, self.settings))
        segment.write()


@functools.lru_cache(maxsize=1)
def _residents(folder: str, settings: DetectorSettings) -> Residents:
    """What this process has in memory: Spark keeps its Python workers from batch to batch."""
    del folder, settings  # of another job or another profile there is nothing to find
    return Residents()
