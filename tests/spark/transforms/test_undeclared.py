"""Fields that nobody declared: none is lost, and an event without any costs no second parse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from catalog.streams import CLICKSTREAM
from transforms import payloads

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DECLARED = CLICKSTREAM.schema.names
BASE = '"user_id":"ann","event_timestamp":1,"event_type":"click"'

CASES: dict[str, tuple[str, dict[str, str] | None]] = {
    "none": (f"{{{BASE}}}", None),
    "a text": (f'{{{BASE},"campaign":"tea"}}', {"campaign": "tea"}),
    "numbers and a truth value": (f'{{{BASE},"a":1.5,"b":-3,"c":true}}',
                                  {"a": "1.5", "b": "-3", "c": "true"}),
    "an object and a list": (f'{{{BASE},"a":{{"x": [1, null]}},"b":[]}}',
                             {"a": '{"x":[1,null]}', "b": "[]"}),
    "first": (f'{{"x":"1",{BASE}}}', {"x": "1"}),
    "space before the colon": (f'{{{BASE.replace(chr(34) + ":", chr(34) + " :")},"x" : 1}}',
                               {"x": "1"}),
    "a line break before the colon": (f'{{{BASE},"x"\n:1}}', {"x": "1"}),
    "null is not sent": (f'{{{BASE},"x":null,"device_type":null,"event_name": null}}', None),
    "null beside one that is": (f'{{{BASE},"x":null,"device_type": null,"y":0}}', {"y": "0"}),
    "a text that begins as null does": (f'{{{BASE},"device_type":":null","x":1}}', {"x": "1"}),
    "a text that holds what keys end in": (f'{{{BASE},"device_type":"\\":null\\":","x":"\\":"}}',
                                           {"x": '":'}),
    "a declared name in capitals": (f'{{{BASE},"Device_Type":"phone"}}', {"Device_Type": "phone"}),
    "a declared name, escaped": (f'{{{BASE},"device\\u005ftype":"phone"}}', None),
    "an empty name": (f'{{{BASE},"":"x"}}', {"": "x"}),
    "a name twice: the last": (f'{{{BASE},"x":1,"y":2,"x":3}}', {"x": "3", "y": "2"}),
    "a declared name twice": (f'{{{BASE},"user_id":"bob"}}', None),
    "an address in a text": (f'{{{BASE},"event_name":"http://a:80/"}}', None),
}  # fmt: skip


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[str, dict[str, str] | None]:
    """What is undeclared in each case."""
    rows = spark.createDataFrame(
        [(name, text) for name, (text, _) in CASES.items()], "n string, t string"
    )
    event = payloads.parse_object(F.col("t"), CLICKSTREAM.schema.struct_type())
    read = rows.withColumn("event", event)
    compact = payloads.is_compact(F.col("t"), F.col("event"), CLICKSTREAM.schema.struct_type())
    more = payloads.may_have_more(F.col("t"), F.col("event"), compact, DECLARED)
    other = F.when(more, payloads.undeclared(F.col("t"), DECLARED))
    return {row["n"]: row["other"] for row in read.select("n", other.alias("other")).collect()}


@pytest.mark.parametrize("name", CASES)
def test_what_nobody_declared_is_told(name: str, found: dict[str, Any]) -> None:
    assert found[name] == CASES[name][1]


def test_only_what_may_have_more_is_parsed_again(spark: SparkSession) -> None:
    whole = dict.fromkeys(DECLARED, "x") | {
        "event_timestamp": 1,
        "quantity": 2,
        "price_cents": 3,
    }
    texts = [json.dumps(whole), json.dumps(whole, separators=(",", ":")),
             json.dumps(whole | {"device_type": None, "event_id": None})]  # fmt: skip
    rows = spark.createDataFrame([(text,) for text in texts], "t string")
    event = payloads.parse_object(F.col("t"), CLICKSTREAM.schema.struct_type())
    may = payloads.may_have_more(F.col("t"), F.col("event"), F.lit(False), DECLARED)
    assert [row[0] for row in rows.withColumn("event", event).select(may).collect()] == [False] * 3
