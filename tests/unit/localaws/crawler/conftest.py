"""Crawlers on the emulator: each test has a bucket, a database and a crawler of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localaws.clients import Clients
from localaws.crawler.crawl import Crawl, run_crawler
from tests.unit.localaws.crawler.crawls import Run

ROLE = "arn:aws:iam::000000000000:role/crawler"


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
