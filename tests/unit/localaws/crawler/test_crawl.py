"""Whole runs of crawlers on the emulator: S3, DynamoDB, Delta, tables of the catalog, a stream."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from catalog.lake import CLICKS
from localaws.clients import Clients
from localaws.crawler.catalog import Catalog
from localaws.crawler.changes import Change
from localaws.crawler.crawl import Crawl, last_crawls, run_crawler
from localaws.errors import LocalCloudError
from localaws.hive_arrow import arrow_type
from localaws.query.files import storage_options
from localaws.tables import put_items

ROLE = "arn:aws:iam::000000000000:role/crawler"
KEEP = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"}
Run = Callable[..., Crawl]


@pytest.fixture
def name(emulator: Clients) -> Iterator[str]:
    """Of a new bucket, and with `_` for `-` of a new database."""
    found = f"crawl-{uuid.uuid4().hex[:8]}"
    emulator["s3"].create_bucket(Bucket=found)
    emulator["glue"].create_database(DatabaseInput={"Name": found.replace("-", "_")})
    yield found
    emulator["glue"].delete_database(Name=found.replace("-", "_"))


@pytest.fixture
def run(emulator: Clients, name: str, tmp_path: Path) -> Run:
    """Defines a crawler by its targets and options if it is not there, and runs it."""

    def crawl(targets: dict[str, Any], *, streams: tuple[str, ...] = (), **options: Any) -> Crawl:
        given = {"Name": name, "Role": ROLE, "DatabaseName": name.replace("-", "_"),
                 "Targets": targets, **options}  # fmt: skip
        known = [c["Name"] for c in emulator["glue"].get_crawlers()["Crawlers"]]
        change = emulator["glue"].update_crawler if name in known else None
        (change or emulator["glue"].create_crawler)(**given)
        return run_crawler(emulator, name, tmp_path / "crawls.jsonl", streams)

    return crawl


@pytest.fixture
def put(emulator: Clients, name: str) -> Callable[[str, str], None]:
    return lambda key, body: emulator["s3"].put_object(Bucket=name, Key=key, Body=body.encode())


def table(emulator: Clients, name: str, found: str) -> dict[str, Any]:
    answer = emulator["glue"].get_table(DatabaseName=name.replace("-", "_"), Name=found)
    return dict(answer["Table"])


def columns(found: dict[str, Any]) -> dict[str, str]:
    return {c["Name"]: c["Type"] for c in found["StorageDescriptor"]["Columns"]}


def partitions(emulator: Clients, name: str, found: str) -> dict[tuple[str, ...], str]:
    answer = emulator["glue"].get_partitions(DatabaseName=name.replace("-", "_"), TableName=found)
    return {tuple(p["Values"]): p["StorageDescriptor"]["Location"] for p in answer["Partitions"]}


def actions(run: Crawl) -> dict[str, str]:
    return {change.table: change.action for change in run.changes}


def test_folders_become_a_table_with_partitions_and_a_second_run_changes_nothing(
    emulator: Clients, name: str, run: Run, put: Callable[[str, str], None]
) -> None:
    for day in (1, 2):
        put(f"shop/orders/day={day}/a.json", '{"id": "a", "n": 1}\n{"id": "b", "n": 2}\n')
    put("shop/orders/_SUCCESS", "done")
    put("shop/orders/notes.csv", "id,n\na,1\n")
    targets = {"S3Targets": [{"Path": f"s3://{name}/shop/orders/", "Exclusions": ["*.csv"]}]}
    first = run(targets, TablePrefix="raw_")
    assert actions(first) == {"raw_orders": "created"}
    found = table(emulator, name, "raw_orders")
    assert columns(found) == {"id": "string", "n": "int"}
    assert found["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    assert found["Parameters"]["UPDATED_BY_CRAWLER"] == name
    location = f"s3://{name}/shop/orders/"
    assert partitions(emulator, name, "raw_orders") == {
        ("1",): f"{location}day=1/", ("2",): f"{location}day=2/",
    }  # fmt: skip
    assert run(targets).changes == (Change("raw_orders", "unchanged"),)


def test_new_columns_and_folders_are_told_and_written(
    emulator: Clients, name: str, run: Run, put: Callable[[str, str], None]
) -> None:
    targets = {"S3Targets": [{"Path": f"s3://{name}/orders"}]}
    put("orders/day=1/a.json", '{"id": "a", "n": 1}')
    run(targets)
    put("orders/day=2/a.json", '{"id": "a", "n": 3000000000, "note": "x"}')
    (change,) = run(targets, Configuration=json.dumps(
        {"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}}
    )).changes  # fmt: skip
    assert change.action == "updated"
    assert change.columns == ("note: string, new", "n: int -> bigint")
    assert change.partitions == {"added": 1, "updated": 1}
    assert columns(table(emulator, name, "orders")) == {
        "id": "string", "n": "bigint", "note": "string",
    }  # fmt: skip


def test_new_folders_are_partitions_even_where_schemas_stay(
    emulator: Clients, name: str, run: Run, put: Callable[[str, str], None]
) -> None:
    targets = {"S3Targets": [{"Path": f"s3://{name}/orders"}]}
    put("orders/day=1/a.json", '{"id": "a", "n": 1}')
    run(targets)
    put("orders/day=2/a.json", '{"id": "a", "n": "x"}')
    (change,) = run(targets, RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}).changes
    assert (change.action, change.columns) == ("logged", ("n: int -> string",))
    assert change.partitions == {"added": 1}
    assert columns(table(emulator, name, "orders")) == {"id": "string", "n": "int"}
    assert set(partitions(emulator, name, "orders")) == {("1",), ("2",)}


def test_data_that_is_gone_goes_by_the_policy(
    emulator: Clients, name: str, run: Run, put: Callable[[str, str], None]
) -> None:
    put("a/f.json", '{"x": 1}')
    put("b/f.csv", "id,n\na,1\nb,2\n")
    targets = {"S3Targets": [{"Path": f"s3://{name}/{folder}/"} for folder in "ab"]}
    assert actions(run(targets)) == {"a": "created", "b": "created"}
    emulator["s3"].delete_object(Bucket=name, Key="b/f.csv")
    assert actions(run(targets)) == {"a": "unchanged", "b": "deprecated"}
    policy = {"UpdateBehavior": "LOG", "DeleteBehavior": "DELETE_FROM_DATABASE"}
    assert actions(run(targets, SchemaChangePolicy=policy)) == {"a": "unchanged", "b": "deleted"}
    assert actions(run(targets)) == {"a": "unchanged"}


def test_tables_that_would_have_one_name_are_kept_apart(
    emulator: Clients, name: str, run: Run, put: Callable[[str, str], None]
) -> None:
    put("x/data/f.json", '{"x": 1}')
    put("y/data/f.json", '{"y": 1}')
    targets = {"S3Targets": [{"Path": f"s3://{name}/{folder}/data"} for folder in "xy"]}
    found = sorted(actions(run(targets)))
    assert found[0] == "data"
    assert found[1].startswith("data_")
    assert set(actions(run(targets)).values()) == {"unchanged"}


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


def test_a_table_of_the_catalog_is_kept_up_to_date_and_none_is_made(
    emulator: Clients, name: str, run: Run, put: Callable[[str, str], None]
) -> None:
    put("orders/f.json", '{"id": "a"}')
    run({"S3Targets": [{"Path": f"s3://{name}/orders/"}]})
    put("orders/g.json", '{"id": "b", "n": 1}')
    database = name.replace("-", "_")
    targets = {"CatalogTargets": [{"DatabaseName": database, "Tables": ["orders"]}]}
    (change,) = run({"S3Targets": [], **targets}, DatabaseName="").changes
    assert (change.table, change.columns) == ("orders", ("n: int, new",))


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


def test_a_custom_classifier_of_the_cloud_is_asked(
    emulator: Clients, name: str, run: Run, put: Callable[[str, str], None]
) -> None:
    pattern = "%{WORD:gate} %{INT:n:int}"
    grok = {"Name": name, "Classification": "gate", "GrokPattern": pattern}
    emulator["glue"].create_classifier(GrokClassifier=grok)
    put("gate/f.log", "north 5\nsouth 7\n")
    run({"S3Targets": [{"Path": f"s3://{name}/gate/"}]}, Classifiers=[name])
    found = table(emulator, name, "gate")
    assert columns(found) == {"gate": "string", "n": "int"}
    assert found["Parameters"]["classification"] == "gate"
    library = found["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]
    assert library == "com.amazonaws.glue.serde.GrokSerDe"
    with pytest.raises(LocalCloudError, match="classifier nope: not found"):
        run({"S3Targets": [{"Path": f"s3://{name}/gate/"}]}, Classifiers=["nope"])


def test_a_crawler_runs_once_at_a_time_and_its_runs_are_remembered(
    emulator: Clients, name: str, run: Run, tmp_path: Path
) -> None:
    targets = {"DynamoDBTargets": [{"Path": "nope"}]}
    with pytest.raises(LocalCloudError, match="table nope: cannot be read"):
        run(targets)
    (last,) = last_crawls(tmp_path / "crawls.jsonl", name)
    assert last["status"] == "FAILED"
    assert "table nope: cannot be read" in last["error"]
    emulator["glue"].start_crawler(Name=name)
    with pytest.raises(LocalCloudError, match=f"crawler {name}: runs already"):
        run_crawler(emulator, name, tmp_path / "crawls.jsonl")
    assert len(last_crawls(tmp_path / "crawls.jsonl", name)) == 1
    emulator["glue"].stop_crawler(Name=name)


def test_the_run_after_one_that_broke_off_goes_on_from_there(
    emulator: Clients, name: str, run: Run, put: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    put("orders/day=1/f.json", '{"x": 1}')
    put("orders/day=2/f.json", '{"x": 1}')
    targets = {"S3Targets": [{"Path": f"s3://{name}/orders/"}]}
    with monkeypatch.context() as broken:
        broken.setattr(Catalog, "write_partitions", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(targets)
    assert columns(table(emulator, name, "orders")) == {"x": "int"}
    assert partitions(emulator, name, "orders") == {}
    (change,) = run(targets).changes
    assert (change.action, change.partitions) == ("updated", {"added": 2})
    assert set(partitions(emulator, name, "orders")) == {("1",), ("2",)}


def _interrupted(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_an_unknown_crawler_says_which_there_are(
    emulator: Clients, name: str, run: Run, tmp_path: Path
) -> None:
    with pytest.raises(LocalCloudError, match="crawler nope: not found; there are"):
        run_crawler(emulator, "nope", tmp_path / "crawls.jsonl")
