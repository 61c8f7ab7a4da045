"""Shards and their descent: a parent is read to its end before its children start."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shard:
    """A shard as ListShards shows it; two parents after a merge, one after a split."""

    shard_id: str
    parents: tuple[str, ...] = ()
    closed: bool = False

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Shard:
        """The shard that one element of ListShards' answer describes."""
        parents = (found.get("ParentShardId"), found.get("AdjacentParentShardId"))
        return cls(
            shard_id=found["ShardId"],
            parents=tuple(parent for parent in parents if parent),
            closed="EndingSequenceNumber" in found.get("SequenceNumberRange", {}),
        )


def parents_first(shards: Mapping[str, Shard]) -> list[str]:
    """All shard ids, each after its listed parents, otherwise by id."""
    ordered: dict[str, None] = {}
    stack = sorted(shards, reverse=True)
    while stack:
        missing = [
            parent
            for parent in shards[stack[-1]].parents
            if parent in shards and parent not in ordered
        ]
        if missing:
            stack.extend(missing)
        else:
            ordered[stack.pop()] = None
    return list(ordered)


def startable(shards: Mapping[str, Shard], finished: Collection[str]) -> list[str]:
    """Unfinished shards whose parents are all finished or gone from the stream."""
    return [
        shard_id
        for shard_id in parents_first(shards)
        if shard_id not in finished
        and all(parent in finished or parent not in shards for parent in shards[shard_id].parents)
    ]
