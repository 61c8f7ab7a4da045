"""Crawls of DynamoDB, Delta tables and a stream."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from catalog.lake import CLICKS
from localaws.clients import Clients
from localaws.crawler.changes import Change
from localaws.errors import LocalCloudError
from localaws.hive_arrow import arrow_type
from localaws.query.files import storage_options
from localaws.tables import put_items
from tests.unit.localaws.crawler.crawls import Run, actions, columns, table

KEEP = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"}


def test_items_of_dynamodb_have_the_types_that_crawlers_give_them(
    emulator: Clients, name: str, run: Run
) -> None:
    emulator["dynamodb"].create_table(
        TableName=f"{name}-Priority",
        KeySchema=[{"AttributeName": "item", "KeyType": "HASH"},
                   {"AttributeName": "price", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "item", "AttributeType": "S"},
                              {"AttributeName": "price", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )  # fmt: skip
    put_items(emulator, f"{name}-Priority", [
        {"item": "a", "price": 5, "Tags": {"x"}, "sizes": {1, 2}, "raw": b"x", "ok": True},
        {"item": "b", "price": 7, "meta": {"Region": "eu", "n": 1}, "list": [1, 2], "none": None},
    ])  # fmt: skip
    targets = {"DynamoDBTargets": [{"Path": f"{name}-Priority"}]}
    (change,) = run(targets).changes
    found = table(emulator, name, change.table)
    assert change.table == f"{name}-Priority".lower().replace("-", "_")
    assert columns(found) == {
        "item": "string", "price": "bigint", "list": "array<bigint>",
        "meta": "struct<n:bigint,region:string>", "none": "string", "ok": "boolean",
        "raw": "binary", "sizes": "set<bigint>", "tags": "set<string>",
    }  # fmt: skip
    assert found["StorageDescriptor"]["Location"].endswith(f":table/{name}-Priority")
    assert found["Parameters"]["hashKey"] == "item"
    assert found["Parameters"]["rangeKey"] == "price"
    assert run(targets).changes == (Change(change.table, "unchanged"),)
    emulator["dynamodb"].delete_table(TableName=f"{name}-Priority")


def test_a_delta_table_brings_the_columns_that_it_gained(
    emulator: Clients, name: str, run: Run
) -> None:
    where = f"s3://{name}/lake/clicks"
    options = storage_options(emulator)
    rows = pa.table({"n": [1], "event_date": pa.array([1], pa.date32())})
    write_deltalake(where, rows, partition_by=["event_date"], storage_options=options)
    targets = {"DeltaTargets": [{"DeltaTables": [f"{where}/", f"s3://{name}/lake/later/"],
                                 "CreateNativeDeltaTable": True}]}  # fmt: skip
    first = run(targets)
    assert actions(first) == {"clicks": "created"}
    assert first.notes == (f"s3://{name}/lake/later: no Delta table is there yet",)
    files = run({"S3Targets": [{"Path": f"s3://{name}/lake/"}]}, SchemaChangePolicy=KEEP)
    assert files.notes == (f"s3://{name}/lake/clicks/: is a Delta table; name it in DeltaTargets",)
    found = table(emulator, name, "clicks")
    assert columns(found) == {"n": "bigint"}
    assert found["PartitionKeys"] == [{"Name": "event_date", "Type": "date"}]
    more = rows.append_column("note", pa.array(["x"]))
    write_deltalake(where, more, mode="append", schema_mode="merge", storage_options=options)
    (change,) = run(targets).changes
    assert (change.action, change.columns) == ("updated", ("note: string, new",))


def test_a_table_that_cannot_be_read_is_not_taken_for_gone(
    emulator: Clients, name: str, run: Run, put: Callable[[str, str], None]
) -> None:
    where, options = f"s3://{name}/lake/clicks", storage_options(emulator)
    write_deltalake(where, pa.table({"n": [1]}), storage_options=options)
    targets = {"DeltaTargets": [{"DeltaTables": [where]}]}
    policy = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DELETE_FROM_DATABASE"}
    run(targets, SchemaChangePolicy=policy)
    put("lake/clicks/_delta_log/00000000000000000000.json", "no log")
    with pytest.raises(LocalCloudError, match="clicks: the Delta table cannot be read"):
        run(targets)
    assert columns(table(emulator, name, "clicks")) == {"n": "bigint"}


def test_a_table_of_the_contracts_stays_as_it_is_declared(
    emulator: Clients, name: str, run: Run
) -> None:
    where, options = f"s3://{name}/lake/{CLICKS.name}", storage_options(emulator)
    emulator["glue"].create_table(
        DatabaseName=name.replace("-", "_"), TableInput=CLICKS.to_table_input(f"{where}/")
    )
    fields = [(column.name, arrow_type(column.type)) for column in CLICKS.schema]
    rows = pa.schema(fields).empty_table()
    write_deltalake(where, rows, partition_by=[CLICKS.partition_key], storage_options=options)
    targets = {"DeltaTargets": [{"DeltaTables": [f"{where}/"]}]}
    assert run(targets).changes == (Change("clicks", "unchanged"),)
    more = rows.append_column("campaign", pa.array([], pa.string()))
    write_deltalake(where, more, mode="append", schema_mode="merge", storage_options=options)
    (change,) = run(targets).changes
    assert (change.action, change.columns) == ("updated", ("campaign: string, new",))
    found = table(emulator, name, "clicks")
    comments = {c["Name"]: c.get("Comment") for c in found["StorageDescriptor"]["Columns"]}
    assert comments["price_cents"] == CLICKS.schema["price_cents"].comment
    assert found["Description"] == CLICKS.comment


def test_a_stream_is_looked_at_beside_the_targets(
    emulator: Clients, name: str, run: Run, put: Callable[[str, str], None]
) -> None:
    put("a/f.json", '{"x": 1}')
    emulator["kinesis"].create_stream(StreamName=name, ShardCount=1)
    emulator["kinesis"].put_record(StreamName=name, Data=b'{"userId": "u"}', PartitionKey="k")
    targets = {"S3Targets": [{"Path": f"s3://{name}/a/"}]}
    stream = name.replace("-", "_")
    assert actions(run(targets, streams=(name,))) == {"a": "created", stream: "created"}
    again = run(targets, streams=(name,), TablePrefix="other_")
    assert actions(again) == {"a": "unchanged", stream: "unchanged"}
    emulator["kinesis"].delete_stream(StreamName=name)
