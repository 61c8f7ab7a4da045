"""Runs of crawlers that fail, break off, or are one too many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localaws.clients import Clients
from localaws.crawler.catalog import Catalog
from localaws.crawler.crawl import last_crawls, run_crawler
from localaws.errors import LocalCloudError
from tests.unit.localaws.crawler.crawls import Run, columns, partitions, table


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
