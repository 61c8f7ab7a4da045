"""Runs of crawlers that fail, break off, or are one too many."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from localaws.clients import Clients
from localaws.crawler.binary import Watched
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


def test_a_long_run_is_alone_though_the_emulator_takes_it_for_done(
    emulator: Clients, name: str, run: Run, put: Callable[[str, str], None], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    put("orders/f.json", '{"x": 1}')
    write, refused = Catalog.write, []

    def meanwhile(catalog: Catalog, decision: Any) -> None:
        emulator["glue"].stop_crawler(Name=name)
        with pytest.raises(LocalCloudError, match="runs already") as caught:
            run_crawler(emulator, name, tmp_path / "crawls.jsonl")
        refused.append(caught)
        write(catalog, decision)

    with monkeypatch.context() as patched:
        patched.setattr(Catalog, "write", meanwhile)
        assert run({"S3Targets": [{"Path": f"s3://{name}/orders/"}]}).status == "SUCCEEDED"
    assert len(refused) == 1
    assert run_crawler(emulator, name, tmp_path / "crawls.jsonl").status == "SUCCEEDED"


def test_a_file_that_cannot_be_read_fails_the_run_and_removes_nothing(
    emulator: Clients, name: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"n": [1]}), file)
    emulator["s3"].put_object(Bucket=name, Key="orders/f.parquet", Body=file.getvalue())
    targets = {"S3Targets": [{"Path": f"s3://{name}/orders/"}]}
    policy = {"UpdateBehavior": "LOG", "DeleteBehavior": "DELETE_FROM_DATABASE"}
    run(targets, SchemaChangePolicy=policy)
    with monkeypatch.context() as broken:
        broken.setattr(Watched, "seek", _unreachable)
        with pytest.raises(LocalCloudError, match=r"f\.parquet: cannot be read: .*network is down"):
            run(targets, SchemaChangePolicy=policy)
    assert columns(table(emulator, name, "orders")) == {"n": "bigint"}


def _unreachable(watched: Watched, *_: int) -> int:
    watched.failure = OSError("the network is down")
    raise watched.failure


def _interrupted(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_an_unknown_crawler_says_which_there_are(
    emulator: Clients, name: str, run: Run, tmp_path: Path
) -> None:
    with pytest.raises(LocalCloudError, match="crawler nope: not found; there are"):
        run_crawler(emulator, "nope", tmp_path / "crawls.jsonl")
