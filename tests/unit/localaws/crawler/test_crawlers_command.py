"""`clickstream crawlers`: what is printed of definitions and runs."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from typer.testing import CliRunner

from localaws import cli
from localaws.clients import Clients

RUNNER = CliRunner()


@pytest.fixture
def crawler(emulator: Clients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A crawler of one file, in a cloud that the environment names."""
    name = f"show-{uuid.uuid4().hex[:8]}"
    for key, value in {
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "CLICKSTREAM_HOME": str(tmp_path),
        "COLUMNS": "200",
    }.items():
        monkeypatch.setenv(key, value)
    emulator["s3"].create_bucket(Bucket=name)
    emulator["s3"].put_object(Bucket=name, Key="gate/f.json", Body=b'{"n": 1}')
    emulator["glue"].create_database(DatabaseInput={"Name": name})
    emulator["glue"].create_crawler(
        Name=name,
        Role="arn:aws:iam::000000000000:role/crawler",
        DatabaseName=name,
        Targets={"S3Targets": [{"Path": f"s3://{name}/gate/"}]},
    )
    return name


def test_people_see_what_is_crawled_and_what_changed(crawler: str) -> None:
    assert f"s3://{crawler}/gate/" in RUNNER.invoke(cli.app, ["crawlers", "list"]).stdout
    assert "has not run from here" in RUNNER.invoke(cli.app, ["crawlers", "show", crawler]).stdout
    first = RUNNER.invoke(cli.app, ["crawlers", "run", crawler]).stdout
    assert f"{crawler}: SUCCEEDED, 1 created" in first
    assert "n: int, new" in first
    assert "nothing to change" in RUNNER.invoke(cli.app, ["crawlers", "run", crawler]).stdout


def test_programs_get_the_names_that_glue_gives(crawler: str) -> None:
    listed = json.loads(RUNNER.invoke(cli.app, ["crawlers", "list", "--json"]).stdout)
    assert crawler in [found["Name"] for found in listed]
    done = json.loads(RUNNER.invoke(cli.app, ["crawlers", "run", crawler, "--json"]).stdout)
    assert (done["TablesCreated"], done["TablesUpdated"], done["TablesDeleted"]) == (1, 0, 0)
    assert done["LastCrawl"]["Status"] == "SUCCEEDED"
    shown = json.loads(RUNNER.invoke(cli.app, ["crawlers", "show", crawler, "--json"]).stdout)
    assert shown["LastRun"] == done
    assert shown["Crawler"]["DatabaseName"] == crawler
