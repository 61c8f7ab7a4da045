"""A text that is as long as its event needs, or is its event as declared, holds nothing else: what
the cheap tests rest on.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F
from pyspark.sql import types as T

from catalog.streams import CLICKSTREAM
from tests.spark.transforms.writing import as_declared, compact
from transforms import payloads

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

STRINGS = tuple(column.name for column in CLICKSTREAM.schema if column.type == "string")
BASE = {"user_id": "ann", "event_timestamp": 1, "event_type": "click"}


def judgements(spark: SparkSession, *texts: str) -> list[tuple[bool, bool]]:
    """Of each text whether it is compact, and whether it is suspect."""
    declared = CLICKSTREAM.schema.struct_type()
    rows = spark.createDataFrame([(i, text) for i, text in enumerate(texts)], "n int, t string")
    read = rows.withColumn("event", payloads.parse_object(F.col("t"), declared))
    is_compact = payloads.is_compact(F.col("t"), F.col("event"), declared)
    data = F.col("t").cast("binary")
    suspect = payloads.is_suspect(data, F.col("event"), is_compact, STRINGS)
    found = read.select("n", is_compact.alias("c"), F.coalesce(suspect, F.lit(False)).alias("s"))
    return [(row["c"], row["s"]) for row in found.orderBy("n").collect()]


def canonical(spark: SparkSession, *texts: str, declared: T.StructType | None = None) -> list[bool]:
    """Of each text whether it is its event's fields as declared, by default by the contract."""
    declared = declared or CLICKSTREAM.schema.struct_type()
    rows = spark.createDataFrame([(i, text) for i, text in enumerate(texts)], "n int, t string")
    read = rows.withColumn("event", payloads.parse_object(F.col("t"), declared))
    is_canonical = payloads.is_canonical(F.col("t"), F.col("event"), declared)
    found = read.select("n", is_canonical.alias("c")).orderBy("n")
    return [row["c"] for row in found.collect()]


COMPACT = {
    "base": compact(BASE),
    "all of it": compact(dict.fromkeys(STRINGS, "x") | BASE | {"quantity": -2, "price_cents": 0}),
    "characters of many bytes": compact(BASE | {"user_id": "茶😀é"}),
    "brackets in a text": compact(BASE | {"event_name": "}{]["}),
}
NOT_COMPACT = {
    "spaces": json.dumps(BASE),
    "a null": compact(BASE | {"product_id": None}),
    "an escape": compact(BASE | {"event_name": 'a"b'}),
    "a field more": compact(BASE | {"x": 1}),
    "a key twice": compact(BASE).replace("{", '{"user_id":"ann",'),
    "something after it": compact(BASE) + "}",
    "a list of it": f"[{compact(BASE)}]",
    "no brace at its end": compact(BASE)[:-1],
    "a number with a sign it does not need": compact(BASE).replace(":1,", ":-0,"),
}
# A number is shorter in the text than what it is read as: room for what nobody declared.
HIDDEN = {
    "a field in the room of a number": '{"user_id":1e5,"a":10,"event_timestamp":1,'
    '"event_type":"click"}',
    "a space in the room of quotes": '{"user_id":5 ,"event_timestamp":1, "event_type":"click"}',
    "a number that is no longer finite": '{"user_id":1e999,"a":10,'
    '"event_timestamp":1,"event_type":"click"}',
    "escapes in the room of quotes": '{"user_id":5,"event_timestamp":1,"event_type":"click",'
    '"event_name":"a\\"b\\"c"}',
}


@pytest.mark.parametrize("name", COMPACT)
def test_an_event_and_nothing_else_is_compact(spark: SparkSession, name: str) -> None:
    assert judgements(spark, COMPACT[name]) == [(True, False)]


def test_what_holds_more_is_not(spark: SparkSession) -> None:
    found = judgements(spark, *NOT_COMPACT.values())
    assert {name: is_compact for name, (is_compact, _) in zip(NOT_COMPACT, found, strict=True)} == (
        dict.fromkeys(NOT_COMPACT, False)
    )


def test_what_hides_behind_a_value_of_another_type_is_suspect(spark: SparkSession) -> None:
    found = judgements(spark, *HIDDEN.values())
    assert found == [(True, True)] * len(HIDDEN)


def test_an_event_as_declared_is_canonical_and_no_other(spark: SparkSession) -> None:
    whole = dict.fromkeys(STRINGS, "x") | BASE | {"quantity": -2, "price_cents": 0}
    right = [as_declared(BASE), as_declared(whole), as_declared(BASE | {"user_id": "茶}{é"})]
    wrong = [
        *NOT_COMPACT.values(),
        *HIDDEN.values(),
        compact({"event_type": "click", "user_id": "ann", "event_timestamp": 1}),
        compact({"event_timestamp": 1, "event_type": "click"}),
        '{"user_id":5,"event_timestamp":1,"event_type":"click"}',
        '{"user_id":"ann","event_timestamp":"1","event_type":"click"}',
        "{}",
        "}",
        "",
    ]
    assert canonical(spark, *right, *wrong) == [True] * len(right) + [False] * len(wrong)


def test_bytes_that_are_no_utf8_are_not_canonical(spark: SparkSession) -> None:
    declared = CLICKSTREAM.schema.struct_type()
    data = as_declared(BASE).encode().replace(b"ann", b"an\xff")
    rows = spark.createDataFrame([(bytearray(data),)], "data binary")
    text = F.col("data").cast("string")
    read = rows.withColumn("event", payloads.parse_object(text, declared))
    assert not read.select(payloads.is_canonical(text, F.col("event"), declared)).collect()[0][0]


def test_a_type_that_is_written_in_more_than_one_way_is_never_compact(spark: SparkSession) -> None:
    declared = T.StructType(
        [*CLICKSTREAM.schema.struct_type(), T.StructField("stars", T.DoubleType())]
    )
    rows = spark.createDataFrame([(compact(BASE),), (compact(BASE | {"stars": 1.5}),)], "t string")
    event = payloads.parse_object(F.col("t"), declared)
    found = rows.withColumn("event", event).select(
        payloads.is_compact(F.col("t"), F.col("event"), declared)
    )
    assert [row[0] for row in found.collect()] == [True, False]
    texts = as_declared(BASE), as_declared(BASE | {"stars": 1.5})
    assert canonical(spark, *texts, declared=declared) == [True, False]


def test_what_the_data_catalog_declares_beyond_the_contract_is_canonical_too(
    spark: SparkSession,
) -> None:
    further = [T.StructField("campaign", T.StringType()), T.StructField("seat", T.LongType())]
    declared = T.StructType([*CLICKSTREAM.schema.struct_type(), *further])
    right = {"campaign": "tea", "seat": 2**40}, {"seat": -1}, {}
    wrong = {"campaign": 5}, {"seat": "1"}, {"campaign": "tea", "shelf": 1}
    texts = [as_declared(BASE | more) for more in (*right, *wrong)]
    assert canonical(spark, *texts, declared=declared) == [True] * 3 + [False] * 3


_VALUES = (
    st.sampled_from([1, 0, -7, 1e5, 1.5, True, None, "5", "true", "{}", "ann", "click", 'a"b'])
    | st.text(max_size=3)
    | st.dictionaries(st.sampled_from(["user_id", "x"]), st.sampled_from(["5", 5]), max_size=2)
)
_NAMES = st.sampled_from([*CLICKSTREAM.schema.names, "x", "", 'user_id":"5'])
_EVENTS = st.lists(st.tuples(_NAMES, _VALUES), max_size=7)
_SEPARATORS = st.sampled_from([(":", ",")] * 3 + [(": ", ", "), (":", ", "), (" :", ",")])
_PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'))
_GOOD = st.fixed_dictionaries(
    {"event_timestamp": st.integers(-(2**63), 2**63 - 1)},
    optional=dict.fromkeys(STRINGS, _PLAIN) | {"quantity": st.integers(-(2**31), 2**31 - 1)},
)


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """Objects, some with a key twice, some with numbers in other notations or spaces in them."""
    colon, comma = draw(_SEPARATORS)
    ascii_only = draw(st.booleans())

    def text_of(value: object) -> str:
        return json.dumps(value, ensure_ascii=ascii_only)

    members = [f"{text_of(name)}{colon}{text_of(value)}" for name, value in draw(_EVENTS)]
    text = "{" + comma.join(members) + "}"
    return text.replace("100000.0", draw(st.sampled_from(["1e5", "1E+5", "100000.0"])))


_LAW = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


@_LAW
@given(texts=st.lists(_texts(), min_size=50, max_size=200))
def test_what_is_compact_and_not_suspect_is_the_event_written_shortest(
    spark: SparkSession, texts: list[str]
) -> None:
    for text, (is_compact, is_suspect) in zip(texts, judgements(spark, *texts), strict=True):
        if is_compact and not is_suspect:
            event = json.loads(text)
            assert compact(event) == text
            assert {*event} <= {*CLICKSTREAM.schema.names}


@_LAW
@given(events=st.lists(_GOOD, min_size=50, max_size=200))
def test_every_event_written_shortest_is_compact(
    spark: SparkSession, events: list[dict[str, object]]
) -> None:
    found = judgements(spark, *map(compact, events))
    assert [is_compact for is_compact, _ in found] == [True] * len(events)


_PIECES = ('"', " ", ",", "}", "{", ":", "0", "-", "\\", "\\u0061", '\\"', "5", "1e2", "null", "")
_MEMBERS = ('"x":1,', '"user_id":5,', '"user_id":"b",', ',"quantity":1', ',"quantity":"1"')
_EDITS = st.sampled_from([*_PIECES, *_MEMBERS, "}{", "[]"])


@st.composite
def _nearly(draw: st.DrawFn) -> str:
    """Events as declared, half of them with a piece of the text put in or replaced."""
    text = as_declared({"user_id": draw(_PLAIN)} | draw(_GOOD))
    if draw(st.booleans()):
        return text
    first = draw(st.integers(0, len(text)))
    return text[:first] + draw(_EDITS) + text[first + draw(st.integers(0, 3)) :]


_RANGES = {"event_timestamp": 2**63, "price_cents": 2**63, "quantity": 2**31}


def is_as_declared(text: str) -> bool:
    """Whether the text is an event of the declared types, written as declared: by Python."""
    try:
        event = json.loads(text)
    except ValueError:
        return False
    if not isinstance(event, dict) or "user_id" not in event or as_declared(event) != text:
        return False
    fits = (
        type(value) is int and -_RANGES[name] <= value < _RANGES[name]
        if name in _RANGES
        else name in STRINGS and isinstance(value, str)
        for name, value in event.items()
    )
    return all(fits) and "\\" not in text


@_LAW
@given(texts=st.lists(_nearly(), min_size=50, max_size=200))
def test_canonical_are_the_events_as_declared_and_no_other(
    spark: SparkSession, texts: list[str]
) -> None:
    """Of the declared types, too: nothing else looks at what is canonical."""
    found = dict(zip(texts, canonical(spark, *texts), strict=True))
    assert found == {text: is_as_declared(text) for text in texts}
