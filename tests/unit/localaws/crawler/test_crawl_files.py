"""Crawls of files on S3, and of tables of the catalog over them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from localaws.clients import Clients
from localaws.crawler.changes import Change
from localaws.errors import LocalCloudError
from tests.unit.localaws.crawler.crawls import Run, actions, columns, partitions, table


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


def test_what_holds_files_that_nobody_knows_is_not_gone(
    emulator: Clients, name: str, run: Run, put: Callable[[str, str], None]
) -> None:
    for key in ("a/day=1/f", "a/day=2/f", "b/f", "c/f"):
        put(f"{key}.json", '{"x": 1}')
    targets = {"S3Targets": [{"Path": f"s3://{name}/{folder}/"} for folder in "abc"]}
    policy = {"UpdateBehavior": "LOG", "DeleteBehavior": "DELETE_FROM_DATABASE"}
    run(targets, SchemaChangePolicy=policy)
    put("a/day=2/f.json", "PAR1 broken")
    put("b/f.json", "{broken")
    emulator["s3"].delete_object(Bucket=name, Key="c/f.json")
    second = run(targets, SchemaChangePolicy=policy)
    assert actions(second) == {"a": "unchanged", "b": "logged", "c": "deleted"}
    assert set(partitions(emulator, name, "a")) == {("1",), ("2",)}
    assert columns(table(emulator, name, "b")) == {"x": "int"}
    assert any("no classifier knows 1 files, the first f.json" in note for note in second.notes)


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
