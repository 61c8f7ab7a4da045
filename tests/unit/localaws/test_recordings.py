"""Recorded events of many shapes become records; what cannot is told with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.streams import BROWSER_ACTIONS
from localaws.errors import LocalCloudError
from localaws.recordings import Recording, parse_mapping, read_recording, to_millis

EVENT = {"user_id": "u-1", "event_timestamp": 1_767_225_600_000, "event_type": "click"}


def _read(
    tmp_path: Path, content: bytes | str, name: str = "events.jsonl", *pairs: str
) -> Recording:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_recording(path, parse_mapping(pairs))


def _events(recording: Recording) -> list[dict[str, Any]]:
    return [json.loads(record.data) for record in recording.records]


def test_an_event_goes_out_as_it_stands(tmp_path: Path) -> None:
    event = {**EVENT, "price_cents": "dear", "extra": [1]}
    recording = _read(tmp_path, json.dumps(event))
    assert _events(recording) == [event]
    assert recording.records[0].key == "u-1"


def test_columns_are_mapped_to_fields_in_their_types(tmp_path: Path) -> None:
    line = {"session": 7, "ts": 1_767_225_600, "type": "click", "sku": 55, "other": True}
    pairs = ["user_id=session", "event_timestamp=ts", "event_type=type", "product_id=sku"]
    recording = _read(tmp_path, json.dumps(line), "events.jsonl", *pairs)
    assert _events(recording) == [
        {
            "user_id": "7",
            "event_timestamp": 1_767_225_600_000,
            "event_type": "click",
            "product_id": "55",
            "other": True,
        }
    ]


def test_csv_gives_the_types_of_the_stream_and_leaves_out_empty_values(tmp_path: Path) -> None:
    text = (
        "who,event_timestamp,event_type,quantity,price_cents\n7,2026-01-01T00:00:00Z,purchase,2,\n"
    )
    recording = _read(tmp_path, text, "events.csv", "user_id=who")
    assert _events(recording) == [
        {
            "user_id": "7",
            "event_timestamp": 1_767_225_600_000,
            "event_type": "purchase",
            "quantity": 2,
        }
    ]


def test_records_of_another_stream_have_its_fields_and_its_key(tmp_path: Path) -> None:
    path = tmp_path / "actions.csv"
    path.write_text("what,site,event_timestamp\nClick,www.example.com,2026-01-01T00:00:00Z\n")
    mapping = parse_mapping(["browseraction=what"], BROWSER_ACTIONS)
    recording = read_recording(path, mapping, BROWSER_ACTIONS)
    assert _events(recording) == [
        {
            "browseraction": "Click",
            "site": "www.example.com",
            "event_timestamp": 1_767_225_600_000,
        }
    ]
    assert recording.records[0].key == "www.example.com"
    with pytest.raises(LocalCloudError, match="one of browseraction, site, event_timestamp"):
        parse_mapping(["user_id=who"], BROWSER_ACTIONS)


def test_sessions_with_nested_events_need_no_mapping(tmp_path: Path) -> None:
    session = {
        "session": 3,
        "events": [
            {"aid": 10, "ts": 1_659_304_800_025, "type": "clicks"},
            {"aid": 11, "ts": 1_659_304_800_024, "type": "carts"},
            {"aid": 12, "ts": 1_659_304_800_026, "type": "orders"},
        ],
    }
    events = _events(_read(tmp_path, json.dumps(session)))
    assert [(e["product_id"], e["event_type"]) for e in events] == [
        ("11", "cart"),
        ("10", "click"),
        ("12", "purchase"),
    ]
    assert {e["user_id"] for e in events} == {"3"}


def test_events_go_out_in_the_order_of_their_times_and_those_without_keep_their_place(
    tmp_path: Path,
) -> None:
    lines = [
        {**EVENT, "user_id": "late", "event_timestamp": 1_767_225_602_000},
        {"user_id": "none"},
        {**EVENT, "user_id": "early"},
        {**EVENT, "user_id": "odd", "event_timestamp": "yesterday"},
    ]
    recording = _read(tmp_path, "\n".join(map(json.dumps, lines)))
    assert [event["user_id"] for event in _events(recording)] == ["early", "odd", "late", "none"]


def test_the_first_records_without_a_time_are_due_with_the_first_that_has_one(
    tmp_path: Path,
) -> None:
    recording = _read(tmp_path, "\n".join(map(json.dumps, [{"user_id": "none"}, EVENT])))
    assert recording.times == (EVENT["event_timestamp"],) * 2


def test_what_cannot_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    lines = [
        b'{"user_id": "u-1"',
        b"",
        b"\xff\xfe",
        b"[1, 2]",
        b'{"session": 1, "events": [{"aid": 1}]}',
        json.dumps({"user_id": "u", "blob": "x" * 1_100_000}).encode(),
        json.dumps(EVENT).encode(),
        b'{"user_id": "\\ud800"}',
    ]
    recording = _read(tmp_path, b"\n".join(lines))
    assert len(recording.records) == 1
    reasons = [line.removeprefix(f"{tmp_path}/events.jsonl:") for line in recording.unreadable]
    assert [reason.split(":")[0] for reason in reasons] == ["1", "3", "4", "5", "6", "8"]
    assert "not JSON" in reasons[0]
    assert "not UTF-8 at byte 0" in reasons[1]
    assert "a list, not an object" in reasons[2]
    assert "event 1 of the session has no aid, ts and type" in reasons[3]
    assert "at most 1048576" in reasons[4]
    assert "half a character" in reasons[5]


def test_a_csv_row_with_too_many_values_is_told(tmp_path: Path) -> None:
    recording = _read(tmp_path, "user_id,event_type\nu,click\nu,click,7\n", "events.csv")
    assert len(recording.records) == 1
    assert recording.unreadable[0].endswith("events.csv:3: more values than the header has names")


@pytest.mark.parametrize(
    ("value", "millis"),
    [
        (1_767_225_600, 1_767_225_600_000),
        (1_767_225_600.25, 1_767_225_600_250),
        (1_767_225_600_250, 1_767_225_600_250),
        ("1767225600", 1_767_225_600_000),
        ("2026-01-01", 1_767_225_600_000),
        ("2026-01-01T00:00:00.25", 1_767_225_600_250),
        ("2026-01-01T01:00:00+01:00", 1_767_225_600_000),
        ("yesterday", "yesterday"),
        (None, None),
        (True, True),
        ([1], [1]),
    ],
)
def test_times_are_seconds_milliseconds_or_iso(value: Any, millis: Any) -> None:
    assert to_millis(value) == millis


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_time_that_is_no_number_stays_for_the_job_to_set_aside(
    tmp_path: Path, number: str
) -> None:
    recording = _read(tmp_path, f'{{"user_id": "u", "event_timestamp": {number}}}')
    assert len(recording.records) == 1


@pytest.mark.parametrize("pair", ["ts", "event_timestamp=", "when=ts"])
def test_a_mapping_that_cannot_be_is_refused_with_the_fields_there_are(pair: str) -> None:
    with pytest.raises(LocalCloudError, match="write field=column, the field one of user_id"):
        parse_mapping([pair])


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match=r"none\.jsonl: cannot be read: No such file"):
        read_recording(tmp_path / "none.jsonl")


def test_the_sample_of_the_docs_is_read_whole_under_the_mapping_of_the_readme() -> None:
    sample = Path(__file__).parents[3] / "docs/samples/events.jsonl"
    recording = read_recording(sample, parse_mapping(["event_timestamp=ts", "user_id=session"]))
    assert recording.unreadable == ()
    assert len(recording.records) == 22
    assert [event for event in _events(recording) if {"ts", "session"} & event.keys()] == []
    assert all(isinstance(event["event_timestamp"], int) for event in _events(recording))
