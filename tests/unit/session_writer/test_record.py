"""A record is a session, an event to pass over, or refused with what was found and is allowed."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.session_writer.record import RowError, Session, parse_record

STARTED_S = 1_767_259_800  # 2026-01-01T09:30:00Z
DAY_S = 86_400


def parsed(make: SimpleNamespace, record: dict[str, Any]) -> Session | None:
    return parse_record(record, make.settings.time_to_live)


def test_the_columns_that_are_there_become_the_item(make: SimpleNamespace) -> None:
    session = parsed(make, make.record(status="closed", revision=3, converted=False, events=2))
    assert session is not None
    assert (session.user_id, session.revision) == ("anna", 3)
    assert session.item == {
        "user_id": "anna",
        "session_id": "anna_mobile_09:30:00",
        "session_time": "09:30:00",
        "latest_time": "09:30:00",
        "started_at": "2026-01-01T09:30:00.000Z",
        "revision": 3,
        "status": "closed",
        "entry_page": "home",
        "events": 2,
        "converted": False,
        "expires_at": STARTED_S + 90 * DAY_S,
    }


def test_attributes_that_the_contract_does_not_name_are_passed_over(make: SimpleNamespace) -> None:
    session = parsed(make, make.record(colour="blue", expires_at=1, event_key="00"))
    assert session is not None
    assert not {"colour", "event_key"} & set(session.item)
    assert session.item["expires_at"] == STARTED_S + 90 * DAY_S


@pytest.mark.parametrize(
    "overrides",
    [{"status": "event"}, {"session_time": None}, {"session_time": None, "revision": None}],
    ids=["status", "no start", "a row of the lab"],
)
def test_an_event_inside_a_session_is_no_session(
    make: SimpleNamespace, overrides: dict[str, Any]
) -> None:
    assert parsed(make, make.record(**overrides)) is None


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"user_id": None}, r"^no user_id; got \['ended_at', 'entry_page', "),
        ({"session_id": None, "latest_time": None}, "^no session_id, latest_time; got"),
        ({"started_at": None, "status": None}, "^no started_at, status; got"),
        ({"revision": "1"}, "^revision is '1'; a bigint is allowed"),
        ({"revision": 1.5}, "^revision is 1.5; a bigint is allowed"),
        ({"revision": True}, "^revision is True; a bigint is allowed"),
        ({"converted": 1}, "^converted is 1; a boolean is allowed"),
        ({"user_id": 7}, "^user_id is 7; a string is allowed"),
        ({"status": "gone"}, "^status is 'gone'; allowed are open, closed, withdrawn, event"),
        ({"started_at": "today"}, "^started_at is 'today'; ISO-8601 is allowed"),
        ({"entry_page": ["x" * 500]}, r"^entry_page is \['x+\.\.\.; a string is allowed"),
    ],
)
def test_a_row_that_breaks_the_contract_is_refused(
    make: SimpleNamespace, overrides: dict[str, Any], message: str
) -> None:
    with pytest.raises(RowError, match=message):
        parsed(make, make.record(**overrides))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "data is ''; base64 of JSON is allowed"),
        (b"\xff\xfe", "base64 of JSON is allowed"),
        (b"user_id=anna", "base64 of JSON is allowed"),
        (b"[" * 100_000, "base64 of JSON is allowed"),
        (json.dumps(["anna"]).encode(), r"data holds \['anna'\]; a JSON object is allowed"),
        (b"null", "data holds None; a JSON object is allowed"),
    ],
    ids=["empty", "bytes", "text", "deep", "list", "null"],
)
def test_data_that_is_no_row_is_refused(
    make: SimpleNamespace, content: bytes, message: str
) -> None:
    with pytest.raises(RowError, match=message):
        parsed(make, make.encoded(content))


@pytest.mark.parametrize("data", [None, 7, "%%%", "é"])
def test_data_that_is_no_base64_is_refused(make: SimpleNamespace, data: Any) -> None:
    with pytest.raises(RowError, match="base64 of JSON is allowed"):
        parsed(make, make.record() | {"data": data})
