"""Positions in a shard, and the offset of a stream as the checkpoint keeps it.

A position is written as the `sequenceNumber` of the last record taken: `<sequence>` for a record,
`<sequence>:<n>` for the n-th user record inside a record that the Kinesis Producer Library packed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from pyspark_kinesis.errors import KinesisError

_VERSION: Final = 1


class Position(NamedTuple):
    """A record's place in its shard; positions compare in the shard's order."""

    sequence: int
    sub: int

    @classmethod
    def of(cls, text: str) -> Position:
        """The position that a `sequenceNumber` names."""
        sequence, _, sub = text.partition(":")
        return cls(int(sequence), int(sub or 0))


@dataclass(frozen=True)
class ShardOffset:
    """How far a shard is planned.

    `at` is the last record planned; without it the shard starts where the stream's origin says.
    `first` is the first record ever planned: a replay of the first batch starts exactly there,
    wherever TRIM_HORIZON has moved to since. `closed` shards have nothing left.
    """

    at: str | None = None
    first: str | None = None
    closed: bool = False

    def to_json(self) -> dict[str, Any]:
        """The fields that are set, in a fixed order: Spark compares offsets as text."""
        return {key: value for key, value in vars(self).items() if value}


@dataclass(frozen=True)
class StreamOffset:
    """How far all shards are planned; a shard that is not named starts at its first record.

    `origin` is frozen at a query's first planning: TRIM_HORIZON, AT_TIMESTAMP <epoch seconds>, or
    LATEST <epoch seconds>: the stream's own time when LATEST was asked for.
    """

    stream: str
    origin: str
    shards: Mapping[str, ShardOffset] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """What the checkpoint keeps."""
        shards = {key: self.shards[key].to_json() for key in sorted(self.shards)}
        return {
            "version": _VERSION,
            "stream": self.stream,
            "origin": self.origin,
            "shards": shards,
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any], stream: str) -> StreamOffset:
        """The offset that a checkpoint of `stream` keeps.

        Raises:
            KinesisError: the checkpoint is another stream's, or of another program.
        """
        if found.get("version") != _VERSION or found.get("stream") != stream:
            raise KinesisError(
                f"kinesis: stream {stream}: the checkpoint holds version {found.get('version')!r} "
                f"of stream {found.get('stream')!r}; allowed: version {_VERSION} of {stream!r}. "
                "Give every query a checkpoint location of its own."
            )
        shards = {key: ShardOffset(**value) for key, value in found["shards"].items()}
        return cls(stream, found["origin"], shards)

    def initial(self) -> StreamOffset:
        """Where the query that planned this offset as its first batch had started."""
        shards = {key: ShardOffset(closed=s.closed and not s.at) for key, s in self.shards.items()}
        return replace(self, shards=shards)

    def origin_timestamp(self) -> float | None:
        """Time of the origin in epoch seconds; None for TRIM_HORIZON."""
        _, _, moment = self.origin.partition(" ")
        return float(moment) if moment else None
