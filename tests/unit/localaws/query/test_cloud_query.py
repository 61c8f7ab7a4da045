"""Queries over a cloud's Data Catalog: Delta and files on S3, items of DynamoDB."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from catalog.columns import Column, Schema
from catalog.tables import DynamoTable, LakeTable, Stream
from localaws import cli
from localaws.clients import Clients
from localaws.environment import ROOT, aws_environment
from localaws.errors import LocalCloudError
from localaws.query.engine import run
from localaws.query.tables import TableEntry, catalog_tables
from localaws.tables import put_items

RUNNER = CliRunner()
ID = Column("id", "string", "the key", required=True)
STOCK = DynamoTable("stock", "stock", Schema((ID, Column("units", "bigint", "units"))), "id")
EVENTS = Stream("events", "events", Schema((ID,)), "id")
CLICKS = LakeTable(
    "clicks",
    "the history",
    Schema((Column("n", "bigint", "number"), Column("event_date", "date", "day", True))),
    "event_date",
)
FILES: dict[str, Any] = {
    "Name": "prices",
    "PartitionKeys": [{"Name": "day", "Type": "date"}],
    "Parameters": {"classification": "csv", "skip.header.line.count": "1", "delimiter": "|"},
    "StorageDescriptor": {
        "Columns": [{"Name": "id", "Type": "string"}, {"Name": "cents", "Type": "bigint"}]
    },
}


@pytest.fixture(scope="module")
def catalog(emulator: Clients, lake: Path) -> Iterator[str]:
    """A database with the lake on S3, a DynamoDB table, a stream and files of two days."""
    name = f"sql_{uuid.uuid4().hex[:8]}"
    emulator["s3"].create_bucket(Bucket=(bucket := name.replace("_", "-")))
    for file in (path for path in (lake / "clicks").rglob("*") if path.is_file()):
        key = f"lake/{file.relative_to(lake)}"
        emulator["s3"].put_object(Bucket=bucket, Key=key, Body=file.read_bytes())
    for day in (1, 2):
        body = f"id|cents\na|{day}\nb|10\n".encode()
        emulator["s3"].put_object(Bucket=bucket, Key=f"prices/day=2026-01-0{day}/p.csv", Body=body)
    emulator["dynamodb"].create_table(
        TableName=f"{name}-Stock",
        KeySchema=STOCK.key_schema(),
        AttributeDefinitions=STOCK.attribute_definitions(),
        BillingMode="PAY_PER_REQUEST",
    )
    items = [{"id": "a", "units": 3, "extra": 1}, {"id": "b", "units": "many"}]
    put_items(emulator, f"{name}-Stock", items)
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}-Stock"
    files = {**FILES, "StorageDescriptor": {**FILES["StorageDescriptor"],
                                            "Location": f"s3://{bucket}/prices/"}}  # fmt: skip
    emulator["glue"].create_database(DatabaseInput={"Name": name})
    for table in (
        CLICKS.to_table_input(f"s3://{bucket}/lake/clicks/"),
        STOCK.to_table_input(arn),
        EVENTS.to_table_input("arn:aws:kinesis:us-east-1:000000000000:stream/events"),
        files,
    ):
        emulator["glue"].create_table(DatabaseName=name, TableInput=table)
    yield name
    emulator["glue"].delete_database(Name=name)
    emulator["dynamodb"].delete_table(TableName=f"{name}-Stock")


@pytest.fixture
def tables(emulator: Clients, catalog: str) -> dict[str, TableEntry]:
    return catalog_tables(emulator["glue"], catalog)


def test_a_day_of_the_lake_on_s3_is_read_alone(
    emulator: Clients, tables: dict[str, TableEntry], catalog: str
) -> None:
    text = f"FROM {catalog}.clicks SELECT count(*) WHERE event_date = '2026-01-02'"
    answer = run(text, tables, emulator, database=catalog)
    assert answer.rows == [(200,)]
    (read,) = answer.read
    assert (read.table, read.files, read.of_files) == ("clicks", 2, 6)


def test_items_join_files_by_the_catalogs_types(
    emulator: Clients, tables: dict[str, TableEntry], catalog: str
) -> None:
    text = """
        SELECT s.id, s.units, p.cents FROM stock s JOIN prices p USING (id)
        WHERE p.day = DATE '2026-01-02' ORDER BY 1
    """
    answer = run(text, tables, emulator, database=catalog)
    assert answer.rows == [("a", 3, 2), ("b", None, 10)]
    prices, stock = answer.read
    assert (prices.files, prices.of_files) == (1, 2)
    assert (stock.items, stock.unfit) == (2, {"units": 1})


def test_a_stream_is_no_table(
    emulator: Clients, tables: dict[str, TableEntry], catalog: str
) -> None:
    with pytest.raises(LocalCloudError, match="table events: is a stream, which holds no rows"):
        run("SELECT * FROM events", tables, emulator, database=catalog)


def test_a_table_that_nothing_was_written_to_says_so(emulator: Clients, catalog: str) -> None:
    empty = {"later": TableEntry("later", "delta", f"s3://{catalog.replace('_', '-')}/later/")}
    with pytest.raises(LocalCloudError, match="later/: no Delta table is there yet"):
        run("SELECT * FROM later", empty, emulator)


def test_an_unknown_database_says_which_exist(emulator: Clients, catalog: str) -> None:
    with pytest.raises(LocalCloudError, match=f"database 'nope': cannot be read.*{catalog}"):
        catalog_tables(emulator["glue"], "nope")


def test_the_command_asks_the_cloud_of_the_environment(emulator: Clients, catalog: str) -> None:
    environment = {**aws_environment(emulator.endpoint, emulator.endpoint), "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-m", "localaws.cli", "sql", "--database", catalog,
         "SELECT event_date, count(*) AS n FROM clicks GROUP BY 1 ORDER BY 1 LIMIT 1"],
        capture_output=True, text=True, env=environment, cwd=ROOT, check=True,
    )  # fmt: skip
    assert "2026-01-01   200" in done.stdout
    assert done.stderr.splitlines()[0].startswith("1 row, ")
    assert done.stderr.splitlines()[1:] == [done.stderr.splitlines()[1]]
    assert done.stderr.splitlines()[1].startswith("clicks: 6 of 6 files opened, ")


def test_tables_are_listed_with_what_they_are(emulator: Clients, catalog: str) -> None:
    environment = {"AWS_ENDPOINT_URL": emulator.endpoint, "AWS_ACCESS_KEY_ID": "000000000000",
                   "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}  # fmt: skip
    command = ["sql", "--tables", "--json", "--database", catalog]
    listed = json.loads(RUNNER.invoke(cli.app, command, env=environment).stdout)
    assert {t["name"]: t["format"] for t in listed} == {
        "clicks": "delta", "events": "kinesis", "prices": "csv", "stock": "dynamodb",
    }  # fmt: skip
    people = RUNNER.invoke(cli.app, command[:2] + command[3:], env=environment).stdout
    assert "event_date" in people
    assert "the history" in people
