"""The detectors of sites: in memory while there is room, and stored now and then.

What a detector knows is large beside what a batch adds to it. So it is stored after each
`EVERY` windows of its site, and the windows since stand in the site's log: a detector is what was
stored, then the log. A process that still has it in memory needs neither; whether it is the right
one, and not that of a batch that was tried and failed, a digest of all its windows says.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from transforms.ctr_sites import Site
from transforms.detectors.detector import Detector, Window

EVERY: Final = 16  # windows; docs/decisions/009 has the figures
_ROOM: Final = 4_000  # detectors that a process keeps, about 1 GB
_FORGOTTEN: Final = 8  # as many times the room were kept since: its site is gone


class Snapshots(Protocol):
    """Where detectors are stored."""

    def add(self, stored: bytes) -> str:
        """Stores bytes; the reference to them."""
        ...

    def read(self, reference: str) -> bytes:
        """The bytes that a reference is of."""
        ...

    def renewed(self, reference: str) -> str:
        """A reference to the same bytes: the same one, or a newer where it is old."""
        ...


@dataclass(frozen=True)
class Resident:
    """A detector in memory: it has seen so many windows, of which `mark` is the digest."""

    seen: int
    mark: int
    detector: Detector


@dataclass
class Residents:
    """The detectors that a process has in memory.

    Each batch asks for all of its sites once. So where there is no room for all, one that is in
    stays, and goes only when nobody has asked for it in a long time: to let the one used longest
    ago go would keep just those that are asked for last.
    """

    room: int = _ROOM
    kept: OrderedDict[str, tuple[int, Resident]] = field(default_factory=OrderedDict)
    puts: int = 0

    def take(self, name: str) -> Resident | None:
        """The site's detector, which its taker may change: it is not kept any more."""
        _, found = self.kept.pop(name, (0, None))
        return found

    def put(self, name: str, resident: Resident) -> None:
        """Keeps a detector, if there is room."""
        self.puts += 1
        if len(self.kept) >= self.room and not self._made_room():
            return
        self.kept[name] = (self.puts, resident)

    def _made_room(self) -> bool:
        oldest = next(iter(self.kept.values()), None)
        if oldest is None or self.puts - oldest[0] < _FORGOTTEN * self.room:
            return False
        self.kept.popitem(last=False)
        return True


@dataclass(frozen=True)
class StoredDetectors:
    """Detectors by site, as `transforms.ctr_sites.Detectors`.

    `make` makes one, from the bytes it was stored as, or new.
    """

    make: Callable[[bytes | None], Detector]
    snapshots: Snapshots
    residents: Residents

    def of(self, name: str, site: Site) -> Detector:
        """The detector of a site, as of the last window in its log."""
        resident = self.residents.take(name)
        mark = site.mark
        for place in range(len(site.log) + 1):
            seen = site.seen - len(site.log) + place
            if resident is not None and (resident.seen, resident.mark) == (seen, mark):
                return _shown(resident.detector, site.log[place:])
            mark = _digest(mark, site.log[place : place + 1])
        stored = None if site.snapshot is None else self.snapshots.read(site.snapshot)
        return _shown(self.make(stored), site.log)

    def keep(self, name: str, before: Site, after: Site, detector: Detector) -> Site:
        """Keeps the detector, which has seen the site's log; the site with what to find it by."""
        mark = _digest(after.mark, after.log)
        self.residents.put(name, Resident(after.seen, mark, detector))
        if not _is_due(name, before.seen, after.seen):
            return after
        return replace(after, snapshot=self.snapshots.add(detector.to_bytes()), log=(), mark=mark)

    def renewed(self, site: Site) -> Site:
        """The site, which gave nothing to judge, with a snapshot that is not too old to keep."""
        if site.snapshot is None:
            return site
        return replace(site, snapshot=self.snapshots.renewed(site.snapshot))


def _shown(detector: Detector, windows: Iterable[Window]) -> Detector:
    for window in windows:
        detector.observe(window)
    return detector


def _is_due(name: str, before: int, after: int) -> bool:
    """Whether a site has come to its next snapshot; those of many sites are spread over time."""
    spread = zlib.crc32(name.encode()) % EVERY
    return after >= EVERY and (before + spread) // EVERY < (after + spread) // EVERY


def _digest(mark: int, windows: Iterable[Window]) -> int:
    for window in windows:
        packed = struct.pack("<qqqq", mark, *window)
        mark = int.from_bytes(
            hashlib.blake2b(packed, digest_size=8).digest(), "little", signed=True
        )
    return mark
