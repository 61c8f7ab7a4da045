"""Which classifier knows a file, and what it makes of it; expected schemas are worked by hand."""

from __future__ import annotations

import io
import json
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from localaws.crawler.classifiers import classify, custom_of
from localaws.crawler.schema import Schema
from localaws.errors import LocalCloudError

APACHE = '127.0.0.1 - peter [9/Feb/2006:10:34:12 -0800] "GET /sample.jsp HTTP/1.1" 200 2326\n'
ORDERS = b"id,units,price\na,1,1.5\nb,2,2\n"
RECORDS = [{"id": "a", "n": 1, "tags": ["x"]}, {"id": "b", "n": 3_000_000_000, "at": {"y": 1.5}}]
ARROW = pa.table({"Id": ["a"], "day": pa.array([1], pa.date32()), "m": pa.array([{"N": 1}])})


def of(data: bytes, *customs: dict[str, Any]) -> Schema:
    return classify(pa.PythonFile(io.BytesIO(data), "r"), [custom_of(c) for c in customs])


def columns(schema: Schema) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in schema.glue_columns()}


def written(make: Any) -> bytes:
    buffer = io.BytesIO()
    make(buffer)
    return buffer.getvalue()


def avro() -> bytes:
    fields = [
        {"name": "id", "type": "string"},
        {"name": "n", "type": ["null", "long"]},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "cost", "type": {"type": "bytes", "logicalType": "decimal", "precision": 8,
                                  "scale": 2}},
        {"name": "size", "type": {"type": "enum", "name": "S", "symbols": ["L"]}},
        {"name": "tags", "type": {"type": "map", "values": {"type": "array", "items": "int"}}},
        {"name": "where", "type": {"type": "record", "name": "W", "fields": [
            {"name": "City", "type": "string"}]}},
    ]  # fmt: skip
    schema = fastavro.parse_schema({"type": "record", "name": "R", "fields": fields})
    return written(lambda file: fastavro.writer(file, schema, []))


def test_avro_says_its_schema_at_the_beginning() -> None:
    found = of(avro())
    assert found.classification == "avro"
    assert columns(found) == {
        "id": "string", "n": "bigint", "at": "timestamp", "cost": "decimal(8,2)",
        "size": "string", "tags": "map<string,array<int>>", "where": "struct<city:string>",
    }  # fmt: skip
    assert json.loads(found.serde["avro.schema.literal"])["name"] == "R"


@pytest.mark.parametrize(
    ("classification", "write"),
    [
        ("parquet", lambda file: pq.write_table(ARROW, file)),
        ("orc", lambda file: orc.write_table(ARROW, file)),
    ],
)
def test_columnar_files_say_their_schema_at_the_end(classification: str, write: Any) -> None:
    found = of(written(write))
    assert found.classification == classification
    assert columns(found) == {"id": "string", "day": "date", "m": "struct<n:bigint>"}


@pytest.mark.parametrize(
    "data",
    [
        "\n".join(map(json.dumps, RECORDS)),
        json.dumps(RECORDS[0], indent=2) + json.dumps(RECORDS[1]),
    ],
    ids=["lines", "documents"],
)
def test_json_documents_share_a_schema(data: str) -> None:
    found = of(data.encode())
    assert found.classification == "json"
    assert columns(found) == {
        "id": "string", "n": "bigint", "tags": "array<string>", "at": "struct<y:double>",
    }  # fmt: skip
    assert found.serde["paths"] == "id,n,tags,at"


def test_a_json_array_is_one_record_unless_a_path_leads_into_it() -> None:
    data = json.dumps(RECORDS).encode()
    array = "array<struct<at:struct<y:double>,id:string,n:bigint,tags:array<string>>>"
    assert columns(of(data)) == {"record": array}
    custom = {"JsonClassifier": {"Name": "c", "JsonPath": "$[*]"}}
    assert list(columns(of(data, custom))) == ["id", "n", "tags", "at"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.id", {"record": "string"}),
        ("$.identifiers[*].identifier", {"record": "string"}),
        ("$['identifiers'][0]", {"scheme": "string", "identifier": "string"}),
        ("$.nothing", {"id": "string", "identifiers": "array<struct<identifier:string,"
                       "scheme:string>>"}),
    ],
)  # fmt: skip
def test_json_paths_select_what_the_documentation_says(path: str, expected: Any) -> None:
    area = {"id": "a", "identifiers": [{"scheme": "dmoz", "identifier": "Regional"}]}
    custom = {"JsonClassifier": {"Name": "c", "JsonPath": path}}
    assert columns(of(json.dumps(area).encode(), custom)) == expected


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("apache", APACHE),
        ("combined_apache", APACHE[:-1] + ' "http://a.example/" "Mozilla/5.0 (X11)"\n'),
        ("linux_kernel", "Feb  1 06:25:43 host1 kernel[12]: eth0 is up\n"),
        ("ruby_logger", "I, [1999-03-03T02:34:24.895701 #19074]  INFO -- Main: info.\n"),
        ("squid", "1286536309.586 921 192.168.0.68 TCP_MISS/200 507 POST http://a.example/ -"
                  " DIRECT/10.0.0.1 text/html\n"),
        ("redismonlog", '1339518083.107412 [0 127.0.0.1:60866] "keys" "*"\n'),
        ("redislog", "[4018] 14 Nov 07:01:22 * Background saving terminated with success\n"),
    ],
)  # fmt: skip
def test_logs_are_known_by_their_pattern(name: str, line: str) -> None:
    found = of((line * 3).encode())
    assert found.classification == name
    assert of((line * 3 + "and something else\n").encode()).classification == "UNKNOWN"


def test_the_columns_of_a_log_are_its_fields() -> None:
    assert list(columns(of(APACHE.encode()))) == [
        "clientip", "ident", "auth", "timestamp", "verb", "request", "httpversion", "rawrequest",
        "response", "bytes",
    ]  # fmt: skip


GROK = {
    "GrokClassifier": {
        "Name": "special",
        "Classification": "special-logs",
        "GrokPattern": "%{TIMESTAMP_ISO8601:timestamp} \\[%{MESSAGEPREFIX:message_prefix}\\]"
        " %{CRAWLERLOGLEVEL:loglevel} : %{NUMBER:n:int} %{GREEDYDATA:message}",
        "CustomPatterns": "CRAWLERLOGLEVEL (BENCHMARK|ERROR|WARN|INFO|TRACE)\n"
        "MESSAGEPREFIX .*-.*-.*-.*-.*",
    }
}
LOGGED = "2017-03-30 00:00:00 [a-b-c-d-e] INFO : 5 done\n"


def test_a_custom_pattern_is_asked_before_what_is_built_in() -> None:
    found = of((LOGGED * 2).encode(), GROK)
    assert (found.classification, found.certainty) == ("special-logs", 1.0)
    assert columns(found) == {
        "timestamp": "string", "message_prefix": "string", "loglevel": "string", "n": "int",
        "message": "string",
    }  # fmt: skip
    assert found.serde["input.format"] == GROK["GrokClassifier"]["GrokPattern"]


def test_an_uncertain_custom_classifier_stands_only_where_nothing_built_in_is_certain() -> None:
    half = LOGGED + "something else\n"
    found = of(half.encode(), GROK)
    assert (found.classification, found.certainty) == ("special-logs", 0.5)
    assert of(ORDERS, GROK).classification == "csv"


def test_of_uncertain_custom_classifiers_the_most_certain_stands() -> None:
    third = {"GrokClassifier": {"Name": "t", "Classification": "third",
                                "GrokPattern": "%{WORD:a} else"}}  # fmt: skip
    data = (LOGGED * 2 + "something else\n").encode()
    assert of(data, third, GROK).classification == "special-logs"
    assert of(data, GROK, third).classification == "special-logs"


@pytest.mark.parametrize(
    "data",
    [b"\x00\x01\x02", b"one line of prose", b"", b"PAR1 is no parquet", b"ORC neither", b"{no json",
     b"Obj\x01broken", b"\x1f\x8bbroken", "a,b\nc,\u00e9".encode("latin-1")],
)  # fmt: skip
def test_what_nothing_knows_is_unknown(data: bytes) -> None:
    found = of(data)
    assert (found.classification, found.certainty, found.columns) == ("UNKNOWN", 0.0, ())


@pytest.mark.parametrize("write", [pq.write_table, orc.write_table])
def test_a_file_whose_end_cannot_be_read_is_an_error(write: Any) -> None:
    data = written(lambda file: write(pa.table({"n": range(2_000)}), file))

    class Failing(io.BytesIO):
        reads = 0

        def read(self, count: int | None = -1) -> bytes:
            self.reads += 1
            if self.reads > 1:
                raise OSError("the network is down")
            return super().read(count)

    with pytest.raises(OSError, match="network is down"):
        classify(pa.PythonFile(Failing(data), mode="r"))


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"XMLClassifier": {"Name": "x", "RowTag": "row"}}, "not run here"),
        ({"JsonClassifier": {"Name": "j", "JsonPath": "records"}}, r"begins with \$"),
        ({"JsonClassifier": {"Name": "j", "JsonPath": "$..a"}}, r"'\.\.a' is not known"),
        ({"CsvClassifier": {"Name": "c", "Delimiter": "'", "QuoteSymbol": "'"}}, "both delimiter"),
    ],
)
def test_a_classifier_that_cannot_be_run_is_refused(definition: Any, message: str) -> None:
    with pytest.raises(LocalCloudError, match=message):
        custom_of(definition)
