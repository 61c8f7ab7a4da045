"""The proposed table, and what an update keeps: columns, comments and types that it cannot know."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from catalog.streams import CLICKSTREAM
from localaws.discovery import Discovery, Sampled, discover
from localaws.errors import LocalCloudError
from localaws.proposal import apply, merge, propose, table_name

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/clickstream"
CLICK = {"user_id": "u", "event_timestamp": 1_767_225_600_000, "event_type": "click", "quantity": 1}


class NotFoundError(ClientError):
    """As boto3 raises it for a table that there is not."""


class FakeGlue:
    """The tables of one database; a table comes back with members that TableInput lacks."""

    class exceptions:  # noqa: N801 - boto3's name
        EntityNotFoundException = NotFoundError

    def __init__(self, *tables: dict[str, Any]) -> None:
        self.tables = {table["Name"]: table for table in tables}
        self.updates = 0

    def get_table(self, DatabaseName: str, Name: str) -> dict[str, Any]:  # noqa: N803
        if Name not in self.tables:
            raise NotFoundError({"Error": {"Code": "EntityNotFoundException"}}, "GetTable")
        return {"Table": {**self.tables[Name], "DatabaseName": DatabaseName, "VersionId": "1"}}

    def create_table(self, DatabaseName: str, TableInput: dict[str, Any]) -> None:  # noqa: N803
        self.tables[TableInput["Name"]] = TableInput

    def update_table(self, DatabaseName: str, TableInput: dict[str, Any]) -> None:  # noqa: N803
        assert not {"DatabaseName", "VersionId"} & set(TableInput)
        self.updates += 1
        self.tables[TableInput["Name"]] = TableInput


def _found(*records: dict[str, Any]) -> Discovery:
    return discover(Sampled("s/1", json.dumps(record).encode()) for record in records)


def _propose(found: Discovery, arn: str = ARN) -> dict[str, Any]:
    return propose(found, "clickstream", arn, "clickstream")


def _columns(table: dict[str, Any]) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}


def test_a_table_has_the_shape_of_those_of_the_project() -> None:
    proposed, declared = _propose(_found(CLICK)), CLICKSTREAM.to_table_input(ARN)
    assert _columns(proposed) == {
        "event_timestamp": "bigint",
        "event_type": "string",
        "quantity": "bigint",
        "user_id": "string",
    }
    paths = proposed["StorageDescriptor"]["SerdeInfo"]["Parameters"]["paths"]
    assert paths == "event_timestamp,event_type,quantity,user_id"
    for table in (proposed, declared):
        table["StorageDescriptor"].pop("Columns")
        table["StorageDescriptor"]["SerdeInfo"]["Parameters"].pop("paths")
        table.pop("Description")
    assert proposed == declared


def test_a_comment_says_the_share_the_form_of_time_and_another_case() -> None:
    columns = _propose(_found({"eventTime": 1_767_225_600}, {}))["StorageDescriptor"]["Columns"]
    assert columns[0]["Comment"] == (
        "time, epoch s; in 50% of 2 sampled records; arrives as eventTime"
    )


def test_a_sample_without_objects_gives_no_table() -> None:
    with pytest.raises(LocalCloudError, match="no table can be proposed, none of 1 sampled"):
        _propose(discover([Sampled("s/1", b"{")]))


def test_a_table_that_is_not_there_is_created() -> None:
    glue, found = FakeGlue(), _found(CLICK)
    assert apply(glue, "d", found, _propose(found)) == ["created, 4 columns"]
    assert glue.tables["clickstream"] == _propose(found)


def test_what_the_sample_says_already_changes_nothing() -> None:
    glue = FakeGlue(CLICKSTREAM.to_table_input(ARN))
    found = _found(CLICK)
    assert apply(glue, "d", found, _propose(found)) == []
    assert glue.updates == 0


def test_a_new_column_and_a_wider_type_are_changes_and_all_else_stays() -> None:
    declared = CLICKSTREAM.to_table_input(ARN) | {"Owner": "shop"}
    glue, found = FakeGlue(copy.deepcopy(declared)), _found({**CLICK, "quantity": 1.5, "new": [1]})
    assert apply(glue, "d", found, _propose(found)) == [
        "quantity: int -> double",
        "new: array<bigint>, new",
    ]
    after = glue.tables["clickstream"]
    before = _columns(declared)
    assert _columns(after) == {**before, "quantity": "double", "new": "array<bigint>"}
    comments = [column["Comment"] for column in after["StorageDescriptor"]["Columns"]]
    assert comments[:-1] == [c["Comment"] for c in declared["StorageDescriptor"]["Columns"]]
    assert (after["Owner"], after["Description"]) == ("shop", declared["Description"])
    assert after["StorageDescriptor"]["SerdeInfo"]["Parameters"]["paths"].endswith(",new")
    assert apply(glue, "d", found, _propose(found)) == []


@pytest.mark.parametrize(
    ("declared", "value", "after"),
    [
        ("timestamp", "2026-01-01T10:00:00Z", "timestamp"),
        ("decimal(10,2)", 1.5, "decimal(10,2)"),
        ("double", 1, "double"),
        ("string", 1, "string"),
        ("int", 2**31, "bigint"),
        ("boolean", "yes", "string"),
        ("struct<a:bigint,b:string>", {"a": 1}, "struct<a:bigint,b:string>"),
        ("struct<b:string>", {"a": 1}, "struct<a:bigint,b:string>"),
        ("map<string,string>", {"a": 1}, "map<string,string>"),
    ],
)
def test_a_declared_type_stays_as_long_as_it_takes_the_sample(
    declared: str, value: Any, after: str
) -> None:
    existing = _propose(_found({"x": 1}))
    existing["StorageDescriptor"]["Columns"][0]["Type"] = declared
    found = _found({"x": value})
    assert _columns(merge(existing, found, _propose(found)).table) == {"x": after}


def test_a_partition_key_is_no_new_column() -> None:
    existing = {**_propose(_found({"x": 1})), "PartitionKeys": [{"Name": "day", "Type": "string"}]}
    found = _found({"x": 1, "day": "monday"})
    assert merge(existing, found, _propose(found)).changes == []


def test_a_table_of_another_stream_is_not_touched() -> None:
    glue, found = FakeGlue(_propose(_found(CLICK), "arn:other")), _found({"x": 1})
    glue.tables["clickstream"]["StorageDescriptor"]["Location"] = "other"
    with pytest.raises(LocalCloudError, match=r"is of arn:other, not of arn:aws.*another --table"):
        apply(glue, "d", found, _propose(found))
    assert glue.updates == 0


@pytest.mark.parametrize(("stream", "name"), [("Web-Clicks.v2", "web_clicks_v2"), ("a_b", "a_b")])
def test_a_table_is_named_like_its_stream(stream: str, name: str) -> None:
    assert table_name(stream) == name
