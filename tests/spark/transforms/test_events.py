import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.streams import CLICKSTREAM
from tests.spark.transforms.writing import as_declared
from transforms.events import MAX_PAYLOAD_BYTES, judged, parse_events, settled, unpacked
from transforms.rules import WHOLE_CLICKS, Bound

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z, as in the base event
ARRIVED = START + 60_000
LATENESS = timedelta(minutes=1)
DAY = 86_400_000
GOOD = json.dumps({"user_id": "ann", "event_timestamp": START, "event_type": "click"})

BAD = {
    "empty": (b"", "not_json"),
    "spaces": (b"  \n", "not_json"),
    "word": (b"hello", "not_json"),
    "truncated": (GOOD[:-1].encode(), "not_json"),
    "truncated in a string": (GOOD[: GOOD.index("click") + 2].encode(), "not_json"),
    "two objects": ((GOOD + GOOD).encode(), "not_json"),
    "two objects with a comma": ((GOOD + "," + GOOD).encode(), "not_json"),
    "something after it": ((GOOD + " x").encode(), "not_json"),
    "a bracket after it": ((GOOD + "]").encode(), "not_json"),
    "an array closed and opened after it": ((GOOD + "],[{}").encode(), "not_json"),
    "a brace closed and opened after it": ((GOOD + "},{}").encode(), "not_json"),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD.encode(), "not_json"),
    "single quotes": (GOOD.replace('"', "'").encode(), "not_json"),
    "NaN": (GOOD.replace(str(START), "NaN").encode(), "not_json"),
    "NaN in a field that we do not know": (GOOD.replace("}", ',"x":NaN}').encode(), "not_json"),
    "leading zero": (GOOD.replace(str(START), "017").encode(), "not_json"),
    "too deep": ((GOOD[:-1] + ',"x":' + "[" * 3_000 + "]" * 3_000 + "}").encode(), "not_json"),
    "null": (b"null", "wrong_type"),
    "array": (f"[{GOOD}]".encode(), "wrong_type"),
    "number": (b"17", "wrong_type"),
    "string": (b'"click"', "wrong_type"),
    "timestamp as text": ({"event_timestamp": "abc"}, "wrong_type"),
    "timestamp as digits in text": ({"event_timestamp": str(START)}, "wrong_type"),
    "timestamp with a fraction": ({"event_timestamp": 1.5}, "wrong_type"),
    "timestamp as a list": ({"event_timestamp": [START]}, "wrong_type"),
    "timestamp beyond 64 bits": ({"event_timestamp": 10**20}, "wrong_type"),
    "quantity with a fraction": ({"quantity": 2.5}, "wrong_type"),
    "quantity beyond 32 bits": ({"quantity": 2**31}, "wrong_type"),
    "price true": ({"price_cents": True}, "wrong_type"),
    "product as a number": ({"product_id": 17}, "wrong_type"),
    "product as a fraction": ({"product_id": -1.5}, "wrong_type"),
    "user as an object": ({"user_id": {"name": "ann"}}, "wrong_type"),
    "user as a list": ({"user_id": ["ann"]}, "wrong_type"),
    "event type true": ({"event_type": True}, "wrong_type"),
    "device false": ({"device_type": False}, "wrong_type"),
    "good value after one of a wrong type": (
        GOOD.replace("{", '{"event_timestamp":"x",').encode(),
        "wrong_type",
    ),
    "no user": ({"user_id": None}, "missing_field"),
    "user null": (GOOD.replace('"ann"', "null").encode(), "missing_field"),
    "no timestamp": ({"event_timestamp": None}, "missing_field"),
    "no type": ({"event_type": None}, "missing_field"),
    "empty object": (b"{}", "missing_field"),
    "empty user": ({"user_id": ""}, "bad_value"),
    "empty product": ({"product_id": ""}, "bad_value"),
    "empty event id": ({"event_id": ""}, "bad_value"),
    "unknown type": ({"event_type": "hover"}, "bad_value"),
    "negative price": ({"price_cents": -1}, "bad_value"),
    "no units": ({"quantity": 0}, "bad_value"),
    "long user": ({"user_id": "u" * 1_025}, "bad_value"),
    "long product in bytes": ({"product_id": "é" * 513}, "bad_value"),
    "long event id": ({"event_id": "e" * 1_025}, "bad_value"),
    "1970": ({"event_timestamp": 0}, "timestamp_out_of_range"),
    "just before 2000": ({"event_timestamp": 946_684_799_999}, "timestamp_out_of_range"),
    "2100": ({"event_timestamp": 4_102_444_800_000}, "timestamp_out_of_range"),
    "a day after arrival": ({"event_timestamp": ARRIVED + DAY + 1}, "timestamp_out_of_range"),
    "not UTF-8": (GOOD.encode().replace(b"ann", b"an\xff"), "not_utf8"),
    "cut in a character": (GOOD.encode() + b"\xc3", "not_utf8"),
    "surrogate": (GOOD.encode().replace(b"ann", b"\xed\xa0\x80"), "not_utf8"),
    "large": (GOOD.encode() + b" " * MAX_PAYLOAD_BYTES, "too_large"),
    "a megabyte of garbage": (b"\xff" * 1_048_576, "too_large"),
}

GOOD_ONES = {
    "base": {},
    "all of it": {"event_id": "e1", "quantity": 2, "price_cents": 0},
    "digits in text": {"user_id": "17", "product_id": "-1", "event_id": "0a"},
    "words of JSON in text": {"user_id": "true", "product_id": "null", "event_id": "{}"},
    "brackets in text": {"user_id": "[1]", "event_name": 'say "}" {'},
    "other fields": {"page": 3, "tags": ["a"], "context": {"user_id": 5, "x": {"y": None}}},
    "null where it may be": b'{"user_id":"a","event_timestamp":1767225600000,'
    b'"event_type":"cart","product_id":null,"quantity":null}',
    "line feed after it": GOOD.encode() + b"\r\n",
    "spaces around it": b" \t" + GOOD.replace(":", " :  ").encode() + b"  ",
    "a key twice": GOOD.replace("{", '{"user_id":"zoe",').encode(),
    "escaped quotes": {"event_name": '"user_id": 5'},
    "beyond the basic plane": {"user_id": "😀", "product_id": "茶"},
    "first instant of 2000": {"event_timestamp": 946_684_800_000},
    "a day after arrival": {"event_timestamp": ARRIVED + DAY},
    "ids of the largest size": {"user_id": "u" * 1_024, "event_id": "e" * 1_024},
    "payload of the largest size": GOOD.encode() + b" " * (MAX_PAYLOAD_BYTES - len(GOOD)),
}


@pytest.fixture(params=[json.dumps, as_declared], ids=["with spaces", "as declared"])
def written(request):
    """What is as declared is told by one test, all else by others: the rules are the same."""
    return request.param


def test_every_bad_record_is_set_aside_with_its_reason(records):
    found = records(*(payload for payload, _ in BAD.values())).orderBy("sequence_number").collect()

    reasons = {int(row.sequence_number): row.reason for row in found}
    assert {name: reasons[i] for i, name in enumerate(BAD, start=1)} == {
        name: reason for name, (_, reason) in BAD.items()
    }
    assert [row.sequence_number for row in found if not row.detail] == []


def test_every_good_record_is_good(records):
    found = records(*GOOD_ONES.values()).collect()

    problems = {int(row.sequence_number): (row.reason, row.detail) for row in found}
    assert {n: problems[i] for i, n in enumerate(GOOD_ONES, start=1)} == dict.fromkeys(
        GOOD_ONES, (None, None)
    )


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        ({"quantity": 0}, "quantity 0; allowed is 1 or more"),
        (
            {"event_type": "hover"},
            "event_type hover; allowed are click, purchase, impression, cart",
        ),
        ({"event_timestamp": "abc", "quantity": 2.5},
         "event_timestamp abc instead of bigint, quantity 2.5 instead of int"),
        ({"product_id": 17, "user_id": []}, "user_id, product_id must be a JSON string"),
        (b"x" * 70_000, "70000 bytes; allowed are 65536"),
        ({"event_timestamp": 0},
         f"event_timestamp 0; allowed from 946684800000 to {ARRIVED + DAY}"),
    ],
    ids=["quantity", "type", "numbers", "strings", "size", "time"],
)  # fmt: skip
def test_the_detail_says_what_was_found_and_what_is_allowed(records, payload, detail):
    assert records(payload).first().detail == detail


def test_a_record_keeps_its_position_and_what_a_reject_shows(records):
    row = records(b"caf\xe9 " + b"x" * 2_000).first()

    assert (row.stream, row.sequence_number, row.partition_key) == ("clickstream", "1", "ann")
    assert (row.arrived_at, row.payload_bytes) == (ARRIVED, 2_005)
    assert row.payload == "caf� " + "x" * 1_019


def test_a_payload_is_kept_of_what_may_have_further_fields_and_of_no_other_good_one(raw_rows):
    declared = CLICKSTREAM.schema.struct_type()
    swapped = f'{{"event_type":"click","event_timestamp":{START},"user_id":"ann"}}'
    rows = raw_rows({}, swapped.encode(), {"x": 1})
    rows = unpacked(parse_events(rows, declared, None, WHOLE_CLICKS))

    assert {r.sequence_number: (r.reason, r.data is None) for r in rows.collect()} == {
        "1": (None, True),
        "2": (None, True),
        "3": (None, False),
    }


def test_a_good_record_keeps_no_payload(raw_rows):
    declared = CLICKSTREAM.schema.struct_type()
    rows = unpacked(parse_events(raw_rows({}, b"garbage"), declared, LATENESS))

    assert {r.sequence_number: (r.reason, r.data) for r in rows.collect()} == {
        "1": (None, None),
        "2": ("suspect", b"garbage"),
    }


def test_the_payload_of_an_event_so_old_that_it_may_be_late_is_kept(raw_rows):
    declared = CLICKSTREAM.schema.struct_type()
    payloads = {"event_timestamp": START}, {"event_timestamp": START - 1}
    rows = unpacked(parse_events(raw_rows(*payloads), declared, LATENESS))

    assert {r.sequence_number: (r.reason, r.data is None) for r in rows.collect()} == {
        "1": (None, True),
        "2": (None, False),
    }


def test_settled_are_all_records_once_with_what_is_late_among_them(raw_rows):
    declared = CLICKSTREAM.schema.struct_type()
    payloads = {"event_timestamp": START}, {"event_timestamp": START - 1}, b"garbage"
    rows = unpacked(parse_events(raw_rows(*payloads), declared, LATENESS))

    late = Bound(START, 0)
    found = settled(rows, judged(rows, declared, late), late)
    assert [(r.sequence_number, r.reason) for r in found.collect()] == [
        ("1", None),
        ("2", "late"),
        ("3", "not_json"),
    ]


def test_suspects_that_are_good_join_the_good_ones(raw_rows):
    declared = CLICKSTREAM.schema.struct_type()
    nested = {"context": {"user_id": 5}}
    rows = unpacked(parse_events(raw_rows({}, nested, b"garbage"), declared, LATENESS))

    found = settled(rows, judged(rows, declared, None), None)
    assert {r.sequence_number: r.reason for r in found.collect()} == {
        "1": None,
        "2": None,
        "3": "not_json",
    }


def test_the_key_of_an_event_is_its_id_and_else_its_position(records):
    keys = [
        row.event_key
        for row in records({"event_id": "e1"}, {"event_id": "e1"}, {}, {})
        .orderBy("sequence_number")
        .collect()
    ]

    assert keys[0] == keys[1]
    assert len({*keys}) == 3


def test_late_is_what_is_before_the_mark_less_the_lateness(records):
    found = records(
        {"event_timestamp": START - 1},
        {"event_timestamp": START},
        {"event_timestamp": START - 1, "quantity": 0},
        earliest=START,
    )

    assert [(r.reason, r.detail) for r in found.orderBy("sequence_number").collect()] == [
        ("late", f"event_timestamp {START - 1}; allowed is {START} or later"),
        (None, None),
        ("bad_value", "quantity 0; allowed is 1 or more"),
    ]


def test_what_had_arrived_when_the_mark_was_set_is_not_late(records):
    assert records({"event_timestamp": START - 1}, earliest=START, since=ARRIVED - 1).first().reason
    before = records({"event_timestamp": START - 1}, earliest=START, since=ARRIVED).first()
    assert before.reason is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
_FIELDS = st.sampled_from(
    ["user_id", "event_timestamp", "event_type", "product_id", "quantity", "price_cents", "x"]
)
_EVENT = st.dictionaries(_FIELDS, _JSON | st.just("click") | st.just(START), max_size=7)
_TEXT = _EVENT.map(json.dumps) | _EVENT.map(as_declared) | st.just(GOOD)
_PAYLOAD = st.binary(max_size=60) | _TEXT.map(str.encode)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(payloads=st.lists(_PAYLOAD, min_size=20, max_size=60))
def test_good_and_rejected_are_all_records_and_python_agrees_which(records, payloads):
    found = {int(row.sequence_number): row for row in records(*payloads).collect()}

    assert sorted(found) == list(range(1, len(payloads) + 1))
    for number, payload in enumerate(payloads, start=1):
        row = found[number]
        assert (row.reason is None) == (row.detail is None)
        if row.reason is None:
            event = json.loads(payload)
            assert isinstance(event["user_id"], str)
            assert type(event["event_timestamp"]) is int
