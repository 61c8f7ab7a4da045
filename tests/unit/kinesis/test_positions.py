"""Positions, offsets, descent of shards."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark_kinesis import KinesisError
from pyspark_kinesis.positions import Position, ShardOffset, StreamOffset
from pyspark_kinesis.shards import Shard, parents_first, startable


def test_positions_compare_as_numbers_and_then_inside_an_aggregate() -> None:
    texts = ["9", "10", "10:1", "10:2", "10:11", "11"]
    assert sorted(texts, key=Position.of) == texts


shard_offsets = st.builds(
    ShardOffset,
    at=st.none() | st.from_regex(r"[1-9][0-9]{0,50}(:[0-9]+)?", fullmatch=True),
    first=st.none() | st.from_regex(r"[1-9][0-9]{0,50}", fullmatch=True),
    closed=st.booleans(),
)


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1), shard_offsets))
def test_an_offset_survives_the_checkpoint_as_the_same_text(shards: dict[str, ShardOffset]) -> None:
    offset = StreamOffset("orders", "TRIM_HORIZON", shards)
    text = json.dumps(offset.to_json())
    again = StreamOffset.from_json(json.loads(text), "orders")
    assert again == offset
    assert json.dumps(again.to_json()) == text


def test_the_start_of_a_first_batch_follows_from_its_end() -> None:
    end = StreamOffset(
        "orders",
        "LATEST 5.0",
        {"read": ShardOffset("7", "3", closed=True), "skipped": ShardOffset(closed=True)},
    )
    assert end.initial().shards == {"read": ShardOffset(), "skipped": ShardOffset(closed=True)}
    assert end.initial().origin_timestamp() == 5.0


@pytest.mark.parametrize("change", [{"stream": "other"}, {"version": 2}, {"version": None}])
def test_a_checkpoint_of_something_else_is_refused(change: dict[str, object]) -> None:
    found = {**StreamOffset("orders", "TRIM_HORIZON").to_json(), **change}
    with pytest.raises(KinesisError, match="checkpoint location of its own"):
        StreamOffset.from_json(found, "orders")


def shards(**parents: str) -> dict[str, Shard]:
    return {key: Shard(key, tuple(value.split())) for key, value in parents.items()}


def test_parents_come_before_children_whatever_their_names() -> None:
    family = shards(a="z y", b="a", y="", z="y")
    assert parents_first(family) == ["y", "z", "a", "b"]


def test_a_merged_shard_waits_for_both_parents() -> None:
    family = shards(left="", right="", merged="left right")
    assert startable(family, set()) == ["left", "right"]
    assert startable(family, {"left"}) == ["right"]
    assert startable(family, {"left", "right"}) == ["merged"]


def test_a_shard_whose_parents_left_the_stream_starts_at_once() -> None:
    assert startable(shards(child="gone"), set()) == ["child"]


def test_a_shard_is_closed_when_its_sequence_numbers_end() -> None:
    found = {
        "ShardId": "s",
        "ParentShardId": "p",
        "SequenceNumberRange": {"EndingSequenceNumber": "9"},
    }
    assert Shard.of(found) == Shard("s", ("p",), closed=True)
